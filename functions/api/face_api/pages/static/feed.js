/** The list of photos: those sent from here, and everyone's results, each photo once, newest first. */

import { drawCard, headline, makeCard } from "./card.js";
import { deleteSoon, isBeingDeleted } from "./deletion.js";
import { forget, ownName } from "./own-jobs.js";

const MOST_CARDS = 300;

const list = document.getElementById("cards");
const announcement = document.getElementById("announcement");

// Job ids to entries `{card, view}`; a photo that is being sent has no id yet and is in the list alone.
const entries = new Map();
const endListeners = [];

/** Calls with each of the jobs sent from here that ends: `{jobId, name, failure}`. */
export const onOwnEnd = (call) => endListeners.push(call);

function addEntry(view) {
  const entry = { view };
  entry.card = makeCard({ onDelete: () => remove(entry) });
  drawCard(entry.card, view);
  insert(entry);
  return entry;
}

/** Newest first by the time the job was created. */
function insert({ card, view }) {
  card.dataset.at = view.event?.created_at ?? view.at;
  const older = [...list.children].find((other) => other.dataset.at < card.dataset.at);
  list.insertBefore(card, older ?? null);
  showEmptiness();
}

function change(entry, changes) {
  entry.view = { ...entry.view, ...changes };
  drawCard(entry.card, entry.view);
  if (entry.view.jobId) entries.set(entry.view.jobId, entry);
}

/** A card for a photo that is about to be sent from here; photos chosen at the same time stay in their order. */
export function addOwn({ name, thumbnail, at }) {
  const entry = addEntry({ status: "waiting", own: true, name, thumbnail, at });
  return {
    showProgress: (progress) => change(entry, { status: progress < 1 ? "sending" : "pending", progress }),
    remove: () => drop(entry),
    setSent: () => change(entry, { status: "sent" }),
    setJob: (jobId) => adopt(entry, jobId),
  };
}

/** The event may have arrived before the response to the upload; then its card is replaced by this one. */
function adopt(entry, jobId) {
  const early = entries.get(jobId);
  change(entry, { status: "pending", jobId });
  if (!early) return;
  early.card.remove();
  showEvent(early.view.event);
}

/** Shows a job that has ended, or an own one that has not; returns whether it is new here. */
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

/** Failures are collected elsewhere; other people's are theirs. */
function fail(jobId, name, failure) {
  const entry = entries.get(jobId);
  if (entry) drop(entry);
  end({ jobId, own: true, name, failure });
}

export function isWaiting(jobId) {
  const status = entries.get(jobId)?.view.status;
  return status === "pending" || status === "processing";
}

/** The ids of jobs that have ended, oldest card last. */
export const endedJobs = () => [...entries].filter(([, { view }]) => view.event).map(([jobId]) => jobId);

/** The name of a photo sent from here, or undefined. */
export const nameOf = (jobId) => entries.get(jobId)?.view.name ?? ownName(jobId);

/** A job that has gone from the service: expired, or deleted by somebody. */
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

export function deleteJobOf(jobId) {
  const entry = entries.get(jobId);
  if (entry) remove(entry);
  else deleteUnlisted(jobId, ownName(jobId));
}

/** A job that is too old for the list, but whose address somebody has opened. */
function deleteUnlisted(jobId, name) {
  const onError = (error) => (announcement.textContent = `${name}: ${error.message}`);
  deleteSoon(jobId, name, { onUndo: () => {}, onDone: () => forget(jobId), onError });
}

function remove(entry) {
  const { jobId, name } = entry.view;
  drop(entry);
  const restore = () => {
    entries.set(jobId, entry);
    insert(entry);
    entry.card.querySelector(".delete").focus();
  };
  deleteSoon(jobId, name, {
    onUndo: restore,
    onDone: () => forget(jobId),
    onError: (error) => {
      restore();
      announcement.textContent = `${name}: ${error.message}`;
      entry.card.querySelector(".detail").textContent = `${name}: ${error.message}`;
    },
  });
}

/** A page that stays open for days keeps what is new. */
function trim() {
  for (const card of [...list.children].slice(MOST_CARDS)) {
    if (entries.get(card.dataset.job)?.view.own) continue;
    card.remove();
    entries.delete(card.dataset.job);
  }
}
