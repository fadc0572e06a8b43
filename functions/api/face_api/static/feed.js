/** The list of photos: those sent from here, and everyone's results, each photo once. */

import { deleteJob, retryJob } from "./api.js";
import { drawCard, headline, makeCard } from "./card.js";
import { forget, ownName } from "./own-jobs.js";

const MOST_CARDS = 300;

const list = document.getElementById("cards");
const announcement = document.getElementById("announcement");

// Job ids to entries `{card, view}`; a photo that is being sent has no id yet and stands in the list alone.
const entries = new Map();

function addEntry(view, place) {
  const entry = { view };
  entry.card = makeCard({ onDelete: () => remove(entry), onRetry: () => retry(entry) });
  drawCard(entry.card, view);
  if (place === "last") list.append(entry.card);
  else list.prepend(entry.card);
  showEmptiness();
  return entry;
}

function change(entry, changes) {
  entry.view = { ...entry.view, ...changes };
  drawCard(entry.card, entry.view);
  if (entry.view.jobId) entries.set(entry.view.jobId, entry);
}

function announce({ own, name, problem, ...view }) {
  if (own) announcement.textContent = [name, headline(view), problem].filter(Boolean).join(": ");
}

/** A card for a photo that is about to be sent from here, and could be `again`. */
export function addOwn(name, again) {
  const entry = addEntry({ status: "waiting", own: true, name, again }, "first");
  return {
    showWaiting: () => change(entry, { status: "waiting", problem: undefined, canRetry: false }),
    showProgress: (progress) => change(entry, { status: progress < 1 ? "sending" : "pending", progress }),
    showProblem: ({ message, status }) => {
      // What the service found wrong with it will be wrong again.
      change(entry, { status: "failed", problem: message, canRetry: !(status < 500) });
      announce(entry.view);
    },
    setJob: (jobId) => adopt(entry, jobId),
  };
}

/** The event may have come before the answer to the upload; then its card goes, and this one shows it. */
function adopt(entry, jobId) {
  const early = entries.get(jobId);
  change(entry, { status: "pending", jobId });
  if (!early) return;
  early.card.remove();
  showEvent(early.view.event);
}

/** Shows a job that has ended; gives whether it is new here. */
export function showEvent(event, place = "first") {
  const known = entries.get(event.job_id);
  const name = ownName(event.job_id);
  const own = name !== undefined;
  const { job_id: jobId, status, failure } = event;
  const canRetry = failure?.reason === "internal_error";
  const view = { jobId, status, own, name, event, problem: failure?.detail, canRetry };
  if (known) {
    const isNews = isWaiting(event.job_id);
    change(known, view);
    if (isNews) announce(view);
    return false;
  }
  entries.set(event.job_id, addEntry(view, place));
  trim();
  return true;
}

export function isWaiting(jobId) {
  const status = entries.get(jobId)?.view.status;
  return status === "pending" || status === "processing";
}

/** A job that has gone from the service, by its time or by somebody's hand. */
export function dropJob(jobId) {
  const entry = entries.get(jobId);
  if (entry) drop(entry);
}

function drop(entry) {
  if (entry.card.contains(document.activeElement)) document.getElementById("results").focus();
  entry.card.remove();
  if (entry.view.jobId) {
    entries.delete(entry.view.jobId);
    forget(entry.view.jobId);
  }
  showEmptiness();
}

function showEmptiness() {
  document.getElementById("empty").hidden = list.childElementCount > 0;
}

async function remove(entry) {
  try {
    if (entry.view.jobId) await deleteJob(entry.view.jobId);
  } catch (error) {
    // Gone already is what was wanted.
    if (error.status !== 404) {
      change(entry, { problem: error.message });
      return;
    }
  }
  drop(entry);
  announcement.textContent = `${entry.view.name} is deleted`;
}

async function retry(entry) {
  if (!entry.view.jobId) {
    entry.view.again();
    return;
  }
  try {
    await retryJob(entry.view.jobId);
    change(entry, { status: "pending", event: undefined, problem: undefined, canRetry: false });
  } catch (error) {
    change(entry, { problem: error.message });
  }
}

/** A page that stays open for days keeps what is new. */
function trim() {
  const excess = Math.max(0, entries.size - MOST_CARDS);
  for (const [jobId, entry] of [...entries].slice(0, excess)) {
    if (entry.view.own) continue;
    entry.card.remove();
    entries.delete(jobId);
  }
}
