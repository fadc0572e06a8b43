/** Sends photos in the order they were chosen, four at a time; shows progress, and collects failures. */

import { getLimits, retryJob, sendPhoto } from "./api.js";
import { addOwn, onOwnEnd } from "./feed.js";
import { may } from "./key.js";
import { forget, remember } from "./own-jobs.js";

const AT_A_TIME = 4;
// With fewer photos, "12 of 40" would only flash.
const WORTH_A_SUMMARY = 2;
const UNREACHED = "Not sent yet: the service could not be reached. The photo will be sent when the connection is restored.";

const summary = document.getElementById("sending");
const failures = document.getElementById("failures");
const waiting = [];
const sent = new Set();
let active = 0;
let controller = new AbortController();
let batch = { total: 0, done: 0, begun: 0 };
let onSent = () => {};

/** Sends each `{file, options}`; `whenSent` receives the id of every job. */
export function sendAll(files, options, whenSent) {
  onSent = whenSent;
  if (batch.done === batch.total) batch = { total: 0, done: 0, begun: Date.now() };
  const at = new Date().toISOString();
  for (const file of files) {
    // The key ensures that sending the photo again after a lost connection does not create a second job.
    const photo = { file, options, key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` };
    enqueue(photo, at);
  }
}

function enqueue(photo, at = new Date().toISOString()) {
  batch.total += 1;
  const thumbnail = URL.createObjectURL(photo.file);
  waiting.push({ photo, card: addOwn({ name: photo.file.name, thumbnail, at }) });
  showSummary();
  next();
}

function next() {
  while (active < AT_A_TIME && waiting.length) {
    active += 1;
    sendOne(waiting.shift()).finally(() => {
      active -= 1;
      next();
      showSummary();
    });
  }
}

async function sendOne({ photo, card }) {
  const { signal } = controller;
  try {
    card.showProgress(0);
    const limits = await getLimits();
    const jobId = await sendPhoto(photo, limits, { onProgress: card.showProgress, signal });
    remember(jobId, photo.file.name, limits.job_kept_days);
    if (may("read")) {
      sent.add(jobId);
      card.setJob(jobId);
      onSent(jobId);
    } else {
      // No event will arrive for this photo.
      card.setSent();
      count();
    }
  } catch (error) {
    card.remove();
    if (error.name !== "AbortError") {
      addUnsent(photo, error);
    }
    count();
  }
}

function addUnsent(photo, { status, message }) {
  const isUnreached = status === undefined;
  // The service would refuse the same file again.
  const again = status < 500 ? undefined : () => enqueue(photo);
  addFailure({ name: photo.file.name, detail: isUnreached ? UNREACHED : message, again, isUnreached });
}

/** Sends photos that could not be sent without a connection. */
export function sendUnreachedAgain() {
  for (const [key, { again, isUnreached }] of [...failed]) {
    if (!isUnreached) continue;
    drop(key);
    again();
  }
}

addEventListener("online", sendUnreachedAgain);

onOwnEnd(({ jobId, name, failure }) => {
  if (failure) {
    const canRetry = may("manage") && ["internal_error", "original_missing"].includes(failure.reason);
    addFailure({ jobId, name, detail: failure.detail, again: canRetry ? () => retry(jobId) : undefined });
  }
  if (sent.delete(jobId)) count();
});

async function retry(jobId) {
  await retryJob(jobId);
  onSent(jobId);
}

function count() {
  batch.done += 1;
  showSummary();
}

function showSummary() {
  const { total, done, begun } = batch;
  summary.hidden = total < WORTH_A_SUMMARY || done >= total;
  if (summary.hidden) return;
  const left = (((Date.now() - begun) / 1000) * (total - done)) / done;
  summary.querySelector("p").textContent = `${done} of ${total}${done ? `, about ${inWords(left)} left` : ""}`;
  summary.querySelector("progress").value = done / total;
  // Photos that were already sent are processed; Cancel has no effect on them.
  summary.querySelector("button").disabled = !waiting.length && !active;
}

function inWords(seconds) {
  return seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
}

function cancel() {
  controller.abort();
  controller = new AbortController();
  for (const { card } of waiting.splice(0)) {
    card.remove();
    batch.total -= 1;
  }
  showSummary();
  document.getElementById("announcement").textContent = "Cancelled. Photos already sent are kept.";
  document.getElementById("photos").focus();
}

summary.querySelector("button").addEventListener("click", cancel);

// Job ids and other keys to `{item, again, isUnreached}`.
const failed = new Map();

function addFailure({ jobId, name, detail, again, isUnreached = false }) {
  // If several photos have the same name, each of them is sent again.
  const key = jobId ?? (isUnreached ? again : `${name}: ${detail}`);
  failed.get(key)?.item.remove();
  const item = document.createElement("li");
  const text = Object.assign(document.createElement("span"), { textContent: `${name}: ${detail}` });
  item.append(text);
  if (again) item.append(button("Try again", name, () => tryAgain(key, again, text)));
  item.append(button("Dismiss", name, () => dismiss(key, jobId)));
  failed.set(key, { item, again, isUnreached });
  failures.querySelector("ul").append(item);
  showFailures();
}

function button(label, name, onClick) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: label });
  made.setAttribute("aria-label", `${label}: ${name}`);
  made.addEventListener("click", onClick);
  return made;
}

async function tryAgain(key, again, text) {
  try {
    await again();
    dismiss(key);
  } catch (error) {
    text.textContent = error.message;
  }
}

function drop(key) {
  failed.get(key)?.item.remove();
  failed.delete(key);
  showFailures();
}

function dismiss(key, jobId) {
  drop(key);
  if (jobId) forget(jobId);
  (failures.querySelector("ul button") ?? document.getElementById("results")).focus();
}

function showFailures() {
  failures.hidden = failed.size === 0;
  const photos = failed.size === 1 ? "1 photo" : `${failed.size} photos`;
  failures.querySelector("summary").textContent = `${photos} could not be processed`;
}
