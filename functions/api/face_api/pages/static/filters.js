/** Which of the photos in the list are shown. */

import { getJob } from "./api.js";
import { isReviewed } from "./reviewed.js";

// A face below this confidence may be a false one, and suggests that others were missed.
const DOUBTFUL = 0.6;
const AT_A_TIME = 4;

const list = document.getElementById("cards");
const field = document.getElementById("filter");
const failures = document.getElementById("failures");
const note = document.getElementById("filtered");

// Job ids to the lowest confidence of their faces, which the list does not include; null while it is requested.
const lowest = new Map();
const asking = [];
let active = 0;

const SHOWS = {
  all: () => true,
  unreviewed: ({ job, status }) => status !== "completed" || !isReviewed(job),
  faceless: ({ faces }) => faces === "0",
  doubtful: ({ job, faces }) => Number(faces) > 0 && isDoubtful(job),
  failed: () => false,
};

function isDoubtful(jobId) {
  if (!lowest.has(jobId)) ask(jobId);
  return (lowest.get(jobId) ?? 1) < DOUBTFUL;
}

function ask(jobId) {
  lowest.set(jobId, null);
  asking.push(jobId);
  while (active < AT_A_TIME && asking.length) {
    active += 1;
    learn(asking.shift());
  }
}

async function learn(jobId) {
  try {
    const { faces } = await getJob(jobId);
    lowest.set(jobId, Math.min(...faces.map(({ confidence }) => confidence)));
  } catch {
    // The confidence is requested again when the list changes.
    lowest.delete(jobId);
  }
  active -= 1;
  if (asking.length) {
    active += 1;
    learn(asking.shift());
  }
  applySoon();
}

function apply() {
  const shows = SHOWS[field.value];
  let shown = 0;
  for (const card of list.children) {
    const isShown = shows(card.dataset);
    shown += isShown;
    if (card.hidden === isShown) card.hidden = !isShown;
  }
  const isFiltered = field.value !== "all";
  note.hidden = !isFiltered;
  note.textContent = describe(shown);
  dispatchEvent(new Event("filtered"));
}

function describe(shown) {
  if (field.value === "failed") return failures.hidden ? "No photo failed." : "";
  if (active) return "Checking confidences …";
  return `${shown} of ${list.childElementCount}`;
}

let isWaiting = false;

/** Runs only once for several changes. */
function applySoon() {
  if (isWaiting) return;
  isWaiting = true;
  queueMicrotask(() => {
    isWaiting = false;
    apply();
  });
}

field.addEventListener("change", () => {
  if (field.value === "failed") failures.open = true;
  apply();
});
addEventListener("reviewed", applySoon);
new MutationObserver(applySoon).observe(list, {
  childList: true,
  subtree: true,
  attributeFilter: ["data-status", "data-faces"],
});
