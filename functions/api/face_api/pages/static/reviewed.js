/** Remembers in this browser which results were reviewed, as long as their jobs exist. */

import { getLimits } from "./api.js";

const KEY = "facecast.reviewed";
const DAY = 24 * 60 * 60 * 1000;

// If the browser does not allow storage, the marks are remembered until the page is closed.
let marks = read();

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

export const isReviewed = (jobId) => jobId in marks;

/** Marks or unmarks a job; the event `reviewed` contains its id. */
export async function setReviewed(jobId, isDone) {
  if (isDone === isReviewed(jobId)) return;
  if (isDone) marks[jobId] = Number.MAX_SAFE_INTEGER;
  else delete marks[jobId];
  dispatchEvent(new CustomEvent("reviewed", { detail: jobId }));
  if (isDone) marks[jobId] = Date.now() + (await getLimits()).job_kept_days * DAY;
  write();
}

function write() {
  marks = Object.fromEntries(Object.entries(marks).filter(([, until]) => until > Date.now()));
  try {
    localStorage.setItem(KEY, JSON.stringify(marks));
  } catch {
    // The browser does not allow storage, as above.
  }
}

// Another window of this browser has changed a mark.
addEventListener("storage", ({ key }) => {
  if (key !== KEY) return;
  const before = marks;
  marks = read();
  for (const jobId of new Set([...Object.keys(before), ...Object.keys(marks)])) {
    if (jobId in before !== jobId in marks) dispatchEvent(new CustomEvent("reviewed", { detail: jobId }));
  }
});
