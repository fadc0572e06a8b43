/** Compares the photo before and after hiding: a divider on the picture follows a slider below it. */

const SHARE = 100;
const EDGE = 5;

/** Listens to both; returns `set(percent)`, which shows the original photo to the left of that point. */
export function makeCompare(canvas, slider) {
  const after = canvas.querySelector(".after");
  const divider = canvas.querySelector(".divider");

  function set(percent) {
    const place = Math.max(0, Math.min(SHARE, percent));
    slider.value = place;
    after.style.clipPath = `inset(0 0 0 ${place}%)`;
    divider.style.left = `${place}%`;
    // At the edges of the picture the whole knob stays visible.
    divider.style.setProperty("--nudge", place < EDGE ? "1rem" : place > SHARE - EDGE ? "-1rem" : "0rem");
  }

  function drag(event) {
    const { left, width } = canvas.getBoundingClientRect();
    set(((event.clientX - left) / width) * SHARE);
  }

  slider.addEventListener("input", () => set(Number(slider.value)));
  divider.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    divider.setPointerCapture(event.pointerId);
  });
  divider.addEventListener("pointermove", (event) => {
    if (divider.hasPointerCapture(event.pointerId)) drag(event);
  });
  set(0);
  return { set };
}
