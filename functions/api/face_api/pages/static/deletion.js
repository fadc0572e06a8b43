/** Deletes jobs, after five seconds in which the user can undo the deletion. */

import { deleteJob } from "./api.js";

const UNDO_MS = 5_000;
const bar = document.getElementById("undo");
const AT_A_TIME = 6;

// The deletion that can still be undone: `{jobIds, timer, finish}`.
let waiting;
// Deletions that the service has not confirmed yet.
const asked = new Set();

/**
 * Deletes jobs unless the user undoes the deletion in time. `onUndo` restores the cards on the screen, `onDone(id)` is
 * called for each deleted job, and `onError(id, error)` for each job that could not be deleted.
 */
export function deleteSoon(jobIds, what, { onUndo, onError, onDone }) {
  // There is only one bar, so only one deletion can be undone.
  flush();
  const undo = Object.assign(document.createElement("button"), { type: "button", textContent: "Undo" });
  const finish = (atATime) => {
    settle();
    deleteAll([...jobIds], atATime, { onError, onDone });
  };
  undo.addEventListener("click", () => {
    settle();
    onUndo();
  });
  undo.setAttribute("aria-keyshortcuts", "Control+Z Meta+Z");
  waiting = { jobIds: new Set(jobIds), finish, timer: setTimeout(finish, UNDO_MS, AT_A_TIME) };
  bar.replaceChildren(`${what} deleted. `, undo);
}

export const isBeingDeleted = (jobId) => Boolean(waiting?.jobIds.has(jobId)) || asked.has(jobId);

function deleteAll(left, atATime, { onError, onDone }) {
  for (const jobId of left) asked.add(jobId);
  const next = async () => {
    while (left.length) {
      const jobId = left.shift();
      const error = await deleteJob(jobId).then(() => undefined, (reason) => reason);
      asked.delete(jobId);
      if (error && error.status !== 404) onError(jobId, error);
      else onDone(jobId);
    }
  };
  for (let lanes = Math.min(atATime, left.length); lanes > 0; lanes -= 1) next();
}

function settle() {
  clearTimeout(waiting?.timer);
  waiting = undefined;
  bar.replaceChildren();
}

function flush(atATime = AT_A_TIME) {
  waiting?.finish(atATime);
}

// With many cards, the button cannot be reached in time with the Tab key.
addEventListener("keydown", (event) => {
  const button = bar.querySelector("button");
  if (!button || event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.target.matches("input")) return;
  event.preventDefault();
  button.click();
});

// Leaving the page must not undo the deletion. Requests can outlive the page, but must begin before it is closed.
addEventListener("pagehide", () => flush(Infinity));
// A deletion uses the key that it was started with.
addEventListener("key-change", () => flush(Infinity));
