/** Which results were reviewed; kept in this browser as long as the jobs are. */

import { getLimits } from "./api.js";

const KEY = "facecast.reviewed";
const DAY = 24 * 60 * 60 * 1000;

// Where the browser keeps nothing for this page, the marks are known until it is left.
let marks = read();

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

export const isReviewed = (jobId) => jobId in marks;

/** Marks a job, or takes its mark away; an event `reviewed` carries the id. */
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
    // Said above.
  }
}

// Another window of this browser has marked something.
addEventListener("storage", ({ key }) => {
  if (key !== KEY) return;
  const before = marks;
  marks = read();
  for (const jobId of new Set([...Object.keys(before), ...Object.keys(marks)])) {
    if (jobId in before !== jobId in marks) dispatchEvent(new CustomEvent("reviewed", { detail: jobId }));
  }
});
