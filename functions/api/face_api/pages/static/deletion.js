/** Deleting with five seconds to change one's mind. */

import { deleteJob } from "./api.js";

const UNDO_MS = 5_000;
const bar = document.getElementById("undo");
const waiting = new Map();

/**
 * Delete a job unless it is undone in time; `onUndo` restores what was removed from the screen, `onError` gets an error.
 */
export function deleteSoon(jobId, name, { onUndo, onError, onDone }) {
  // One bar, so one deletion that can be undone.
  flush();
  const undo = Object.assign(document.createElement("button"), { type: "button", textContent: "Undo" });
  const finish = async () => {
    settle(jobId);
    try {
      await deleteJob(jobId);
      onDone();
    } catch (error) {
      if (error.status === 404) onDone();
      else onError(error);
    }
  };
  undo.addEventListener("click", () => {
    settle(jobId);
    onUndo();
  });
  undo.setAttribute("aria-keyshortcuts", "Control+Z Meta+Z");
  waiting.set(jobId, { finish, timer: setTimeout(finish, UNDO_MS) });
  bar.replaceChildren(`${name} is deleted. `, undo);
}

export const isBeingDeleted = (jobId) => waiting.has(jobId);

function settle(jobId) {
  clearTimeout(waiting.get(jobId)?.timer);
  waiting.delete(jobId);
  bar.replaceChildren();
}

function flush() {
  for (const { finish } of [...waiting.values()]) finish();
}

// By the tab key alone, nobody gets to the button in time where there are many cards.
addEventListener("keydown", (event) => {
  const button = bar.querySelector("button");
  if (!button || event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.target.matches("input")) return;
  event.preventDefault();
  button.click();
});

// Leaving the page is no undo; the request outlives the page.
addEventListener("pagehide", flush);
// What was deleted with a key needs this key.
addEventListener("key-change", flush);
