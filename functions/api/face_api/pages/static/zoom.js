/** Enlarges a picture inside its frame, which scrolls. */

const STEPS = [1, 1.5, 2, 3, 4, 6];

export function makeZoom(stage, controls) {
  let step = 0;
  const canvas = stage.querySelector(".canvas");
  const [out, into] = [controls.querySelector(".out"), controls.querySelector(".in")];

  function zoomTo(next) {
    step = Math.max(0, Math.min(STEPS.length - 1, next));
    // Keeps the middle of the picture in the middle.
    const middle = [
      (stage.scrollLeft + stage.clientWidth / 2) / stage.scrollWidth,
      (stage.scrollTop + stage.clientHeight / 2) / stage.scrollHeight,
    ];
    canvas.style.setProperty("--zoom", STEPS[step]);
    stage.classList.toggle("enlarged", step > 0);
    stage.scrollLeft = middle[0] * stage.scrollWidth - stage.clientWidth / 2;
    stage.scrollTop = middle[1] * stage.scrollHeight - stage.clientHeight / 2;
    controls.querySelector("output").textContent = `${STEPS[step] * 100} %`;
    out.disabled = step === 0;
    into.disabled = step === STEPS.length - 1;
  }

  out.addEventListener("click", () => zoomTo(step - 1));
  into.addEventListener("click", () => zoomTo(step + 1));
  stage.addEventListener("keydown", ({ key }) => {
    if (key === "+" || key === "=") zoomTo(step + 1);
    if (key === "-") zoomTo(step - 1);
  });
  stage.addEventListener("dblclick", () => zoomTo(step === 0 ? 2 : 0));
  zoomTo(0);
  return { isEnlarged: () => step > 0 };
}
