/** Moves from one result to the next, with buttons, arrow keys or a swipe. */

import { neighbourOf, placeOf } from "./feed.js";
import { isReviewed, setReviewed } from "./reviewed.js";

// The length of a swipe in pixels, and how much more horizontal than vertical it must be.
const SWIPE_PX = 50;
const SWIPE_SLOPE = 2;

/** Listens in the view of a job; `open` receives the id of another result. Leaving a result marks it as reviewed. */
export function makeReview(dialog, jobId, open) {
  const find = (selector) => dialog.querySelector(selector);
  const mark = find(".reviewed input");

  function go(step) {
    const next = neighbourOf(jobId, step);
    if (step > 0) {
      setReviewed(jobId, true);
      // After the last result, the view stays open.
      mark.checked = true;
    }
    if (next) open(next);
  }

  const { place, count } = placeOf(jobId);
  find(".place").textContent = place ? `${place} of ${count}` : "";
  find(".previous").disabled = !neighbourOf(jobId, -1);
  find(".next").disabled = !neighbourOf(jobId, 1);
  find(".previous").addEventListener("click", () => go(-1));
  find(".next").addEventListener("click", () => go(1));
  mark.checked = isReviewed(jobId);
  mark.addEventListener("change", () => setReviewed(jobId, mark.checked));
  onSwipe(find(".stage"), go);
  return {
    press(key) {
      if (key === "ArrowLeft") go(-1);
      if (key === "ArrowRight") go(1);
      if (key === "r") mark.click();
    },
  };
}

/** Swipes with one finger; if the picture is enlarged, the finger scrolls it instead. */
function onSwipe(stage, go) {
  let start;
  stage.addEventListener("touchstart", ({ touches, target }) => {
    const isTaken = target.closest(".divider") || stage.closest(".is-correcting");
    const isFree = touches.length === 1 && !isTaken && stage.scrollWidth <= stage.clientWidth;
    start = isFree ? [touches[0].clientX, touches[0].clientY] : undefined;
  }, { passive: true });
  stage.addEventListener("touchend", ({ changedTouches: [touch] }) => {
    if (!start) return;
    const [across, down] = [touch.clientX - start[0], touch.clientY - start[1]];
    start = undefined;
    if (Math.abs(across) > SWIPE_PX && Math.abs(across) > SWIPE_SLOPE * Math.abs(down)) go(across < 0 ? 1 : -1);
  });
}
