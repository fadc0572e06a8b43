/** The list of photos, newest first: those sent from this page, and everyone's results. Each photo appears once. */

import { drawCard, drawReviewed, headline, makeCard } from "./card.js";
import { deleteSoon, isBeingDeleted } from "./deletion.js";
import { forget, ownName } from "./own-jobs.js";

const MOST_CARDS = 3_000;

const list = document.getElementById("cards");
const announcement = document.getElementById("announcement");

// Job ids to entries `{card, view}`. A photo that is being sent has no id yet and is only in the list.
const entries = new Map();
const endListeners = [];

/** Calls `call` for each finished job that was sent from this page: `{jobId, name, failure}`. */
export const onOwnEnd = (call) => endListeners.push(call);

function addEntry(view) {
  const entry = { view };
  entry.card = makeCard({ onDelete: () => deleteJobOf(entry.view.jobId) });
  drawCard(entry.card, view);
  insert(entry);
  return entry;
}

/** Newest first by the time the job was created. */
function insert({ card, view }) {
  card.dataset.at = view.event?.created_at ?? view.at;
  list.insertBefore(card, list.children[placeAt(card.dataset.at)] ?? null);
  showEmptiness();
}

/** The index of the first older card; the list is sorted. */
function placeAt(at) {
  let [low, high] = [0, list.childElementCount];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list.children[middle].dataset.at < at) high = middle;
    else low = middle + 1;
  }
  return low;
}

function change(entry, changes) {
  entry.view = { ...entry.view, ...changes };
  drawCard(entry.card, entry.view);
  if (entry.view.jobId) entries.set(entry.view.jobId, entry);
}

/** Adds a card for a photo that is about to be sent; photos chosen together keep their order. */
export function addOwn({ name, thumbnail, at }) {
  const entry = addEntry({ status: "waiting", own: true, name, thumbnail, at });
  return {
    showProgress: (progress) => change(entry, { status: progress < 1 ? "sending" : "pending", progress }),
    remove: () => drop(entry),
    setSent: () => change(entry, { status: "sent" }),
    setJob: (jobId) => adopt(entry, jobId),
  };
}

/** If the job's event arrived before the response to the upload, this card replaces the one that the event added. */
function adopt(entry, jobId) {
  const early = entries.get(jobId);
  change(entry, { status: "pending", jobId });
  if (!early) return;
  early.card.remove();
  showEvent(early.view.event);
}

/** Shows a finished job, or an unfinished one sent from this page; returns whether it is new in the list. */
export function showEvent(event) {
  const { job_id: jobId, status, failure } = event;
  const known = entries.get(jobId);
  const name = ownName(jobId) ?? known?.view.name;
  const own = name !== undefined;
  if (isBeingDeleted(jobId)) return false;
  if (status === "failed") {
    if (own) fail(jobId, name, failure);
    return false;
  }
  const view = { jobId, status, own, name, event };
  if (!known) {
    if (status !== "completed" && !own) return false;
    entries.set(jobId, addEntry(view));
    trim();
    return true;
  }
  const isNews = isWaiting(jobId);
  change(known, view);
  if (isNews && status === "completed") end(view);
  return false;
}

function end({ jobId, own, name, failure, ...view }) {
  if (!own) return;
  for (const call of endListeners) call({ jobId, name, failure });
  announcement.textContent = [name, failure ? failure.detail : headline(view)].join(": ");
}

/** A failed job does not have a card: this page's failures are listed elsewhere, and those of others are not shown. */
function fail(jobId, name, failure) {
  const entry = entries.get(jobId);
  if (entry) drop(entry);
  end({ jobId, own: true, name, failure });
}

export function isWaiting(jobId) {
  const status = entries.get(jobId)?.view.status;
  return status === "pending" || status === "processing";
}

/** The ids of finished jobs, newest first. */
export const endedJobs = () => [...entries].filter(([, { view }]) => view.event).map(([jobId]) => jobId);

/** The name of a photo sent from this page, or undefined. */
export const nameOf = (jobId) => entries.get(jobId)?.view.name ?? ownName(jobId);

/** Removes a job that expired or was deleted. */
export function dropJob(jobId) {
  const entry = entries.get(jobId);
  if (entry) drop(entry);
  forget(jobId);
}

function drop({ card, view }) {
  const next = card.nextElementSibling ?? card.previousElementSibling;
  const hadFocus = card.contains(document.activeElement);
  card.remove();
  if (view.jobId) entries.delete(view.jobId);
  showEmptiness();
  if (hadFocus) (next?.querySelector("a[href]") ?? document.getElementById("results")).focus();
}

let isLoaded = false;

export function showLoaded() {
  isLoaded = true;
  document.getElementById("loading").hidden = true;
  showEmptiness();
}

function showEmptiness() {
  document.getElementById("empty").hidden = !isLoaded || list.childElementCount > 0;
  if (list.childElementCount > 0) document.getElementById("loading").hidden = true;
}

const isResult = (card) => card.dataset.status === "completed" && !card.hidden;

/** The next result that the filter shows, in direction 1 or -1. */
export function neighbourOf(jobId, step) {
  let card = entries.get(jobId)?.card;
  do card = step > 0 ? card?.nextElementSibling : card?.previousElementSibling;
  while (card && !isResult(card));
  return card?.dataset.job;
}

/** The position of a result among those that the filter shows, from 1; 0 if it is hidden. */
export function placeOf(jobId) {
  const shown = [...list.children].filter(isResult);
  return { place: 1 + shown.findIndex((card) => card.dataset.job === jobId), count: shown.length };
}

addEventListener("job-corrected", ({ detail: { job_id: jobId, corrected_at } }) => {
  const entry = entries.get(jobId);
  if (entry?.view.event) change(entry, { event: { ...entry.view.event, corrected_at } });
});

addEventListener("reviewed", ({ detail }) => entries.has(detail) && drawReviewed(entries.get(detail).card));

export function deleteJobOf(jobId) {
  deleteJobsOf([jobId], nameOf(jobId));
}

/** Deletes jobs together, so that they can be undone together. */
export function deleteJobsOf(jobIds, what) {
  const removed = jobIds.map((jobId) => entries.get(jobId)).filter(Boolean);
  for (const entry of removed) drop(entry);
  const restore = (entry) => {
    entries.set(entry.view.jobId, entry);
    insert(entry);
  };
  deleteSoon(jobIds, what, {
    onUndo: () => {
      removed.forEach(restore);
      removed[0]?.card.querySelector(".delete").focus();
    },
    onDone: forget,
    onError: (jobId, error) => {
      const text = `${nameOf(jobId) ?? what}: ${error.message}`;
      announcement.textContent = text;
      const entry = removed.find(({ view }) => view.jobId === jobId);
      if (!entry) return;
      restore(entry);
      entry.card.querySelector(".detail").textContent = text;
    },
  });
}

/** Limits the list to the newest jobs, for a page that stays open for days. */
function trim() {
  for (const card of [...list.children].slice(MOST_CARDS)) {
    if (entries.get(card.dataset.job)?.view.own) continue;
    card.remove();
    entries.delete(card.dataset.job);
  }
}
