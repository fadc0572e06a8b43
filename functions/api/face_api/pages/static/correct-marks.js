/** The marks over a picture that is being corrected: faces as buttons, and the rectangles that were added. */

import { onDrag } from "./correct-drag.js";
import { moved, ratioOf, resized } from "./correct-geometry.js";
import { place } from "./place.js";

// The step of an arrow key, as a fraction of the longer side.
const STEP = 0.01;
// The size of a rectangle added with the keyboard, as a fraction of the visible part.
const NEW = 0.2;
// Half of the width that a finger covers.
const FINGER_PX = 22;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Draws the marks of a draft into the layer, and calls `changed` after each change; `photo` is an address, if known. */
export function makeMarks({ layer, stage, job: { faces, image }, draft, photo, changed }) {
  const buttons = faces.map((face, index) => makeFace(face, index));
  const ghost = Object.assign(document.createElement("div"), { className: "mark area ghost", hidden: true });
  const areas = [];
  let selected;
  layer.replaceChildren(...buttons, ghost);

  function makeFace({ box }, index) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "mark face" });
    button.setAttribute("aria-label", `Show face ${index + 1}`);
    place(button, ratioOf(box, image));
    button.addEventListener("click", () => {
      draft.toggle(index);
      redraw();
    });
    button.addEventListener("focus", () => select(undefined));
    return button;
  }

  function drawFace(button, index) {
    const isShown = draft.isShown(index);
    button.setAttribute("aria-pressed", isShown);
    const isUnsaved = isShown !== draft.wasShown(index);
    button.classList.toggle("unsaved", isUnsaved);
    if (isUnsaved) button.dataset.state = isShown ? "to show" : "to hide";
    else button.dataset.state = isShown ? "shown" : "hidden";
    const isCutOut = photo && isShown && isUnsaved;
    button.style.backgroundImage = isCutOut ? `url("${photo}")` : "";
    if (isCutOut) cutOut(button, faces[index].box);
  }

  /** Shows the part of the original photo at the rectangle. */
  function cutOut(button, { x, y, width, height }) {
    const along = (at, length, whole) => (whole > length ? (at / (whole - length)) * 100 : 0);
    button.style.backgroundSize = `${(image.width / width) * 100}% ${(image.height / height) * 100}%`;
    button.style.backgroundPosition = `${along(x, width, image.width)}% ${along(y, height, image.height)}%`;
  }

  function makeArea() {
    const area = Object.assign(document.createElement("div"), { className: "mark area", tabIndex: 0 });
    area.setAttribute("role", "group");
    area.append(Object.assign(document.createElement("span"), { className: "corner", ariaHidden: "true" }));
    area.addEventListener("focus", () => select(Number(area.dataset.index)));
    area.addEventListener("keydown", (event) => press(event, Number(area.dataset.index)));
    layer.append(area);
    return area;
  }

  function drawAreas() {
    const { hide } = draft.value;
    while (areas.length < hide.length) areas.push(makeArea());
    for (const area of areas.splice(hide.length)) area.remove();
    for (const [index, area] of areas.entries()) {
      area.dataset.index = index;
      area.setAttribute(
        "aria-label",
        `Area ${index + 1} of ${hide.length}, hidden. Arrow keys move it, with Shift they resize it, Delete removes it.`,
      );
      place(area, ratioOf(hide[index], image));
    }
  }

  function press(event, index) {
    const arrow = ARROWS[event.key];
    if (["Delete", "Backspace"].includes(event.key)) remove(index);
    else if (arrow) push(arrow, index, event);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function push([across, down], index, { shiftKey, repeat }) {
    const step = Math.max(1, STEP * Math.max(image.width, image.height));
    const by = { across: (across * step) / image.width, down: (down * step) / image.height };
    draft.replace(index, (shiftKey ? resized : moved)(draft.value.hide[index], by, image), repeat);
    redraw();
  }

  function select(index) {
    selected = index;
    for (const [number, area] of areas.entries()) area.classList.toggle("selected", number === index);
    changed();
  }

  function redraw() {
    buttons.forEach(drawFace);
    drawAreas();
    if (selected >= areas.length) selected = undefined;
    changed();
  }

  function remove(index) {
    draft.remove(index);
    selected = undefined;
    redraw();
    (areas[index] ?? areas.at(-1) ?? buttons[0] ?? stage).focus();
  }

  function commit(index, box) {
    ghost.hidden = true;
    if (index === undefined) draft.add(box);
    else draft.replace(index, box);
    redraw();
    areas[index ?? areas.length - 1].focus({ preventScroll: true });
  }

  /** Fingers are larger than small faces, so a touch beside a face counts as a touch on the face. */
  function tap({ clientX, clientY, pointerType }) {
    select(undefined);
    if (pointerType !== "touch") return;
    const distances = buttons.map((button) => {
      const { x, y, width, height } = button.getBoundingClientRect();
      return Math.hypot(clientX - x - width / 2, clientY - y - height / 2);
    });
    const nearest = Math.min(...distances);
    if (nearest < FINGER_PX) buttons[distances.indexOf(nearest)].click();
  }

  onDrag(layer, stage, image, {
    boxOf: (index) => draft.value.hide[index],
    preview(index, box) {
      if (index === undefined) ghost.hidden = false;
      place(areas[index] ?? ghost, ratioOf(box, image));
    },
    commit,
    abort() {
      ghost.hidden = true;
      redraw();
    },
    tap,
  });
  // Two quick clicks on a face hide and show it, and must not enlarge the picture.
  layer.addEventListener("dblclick", (event) => event.stopPropagation());
  redraw();
  return {
    redraw,
    hasSelected: () => selected !== undefined,
    removeSelected: () => selected !== undefined && remove(selected),
    /** Adds a rectangle in the middle of the visible part. */
    addArea() {
      const [frame, whole] = [stage.getBoundingClientRect(), layer.getBoundingClientRect()];
      const along = (from, to, start, length, pixels) => {
        const [first, last] = [Math.max(from, start), Math.min(to, start + length)];
        const size = Math.max(1, Math.round((((last - first) * NEW) / length) * pixels));
        return [Math.round((((first + last) / 2 - start) / length) * pixels - size / 2), size];
      };
      const [x, width] = along(frame.left, frame.right, whole.left, whole.width, image.width);
      const [y, height] = along(frame.top, frame.bottom, whole.top, whole.height, image.height);
      commit(undefined, { x: Math.max(0, x), y: Math.max(0, y), width, height });
    },
    focus: () => (buttons[0] ?? areas[0])?.focus({ preventScroll: true }),
  };
}
