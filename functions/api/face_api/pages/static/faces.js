/** Shows the faces of a job as boxes over the picture and as a list; pointing at one highlights it in both. */

import { place } from "./place.js";

const THUMBNAIL_PX = 48;
// The margin of a thumbnail around the face.
const MARGIN = 1.4;

const percent = (share) => `${(share * 100).toFixed(0)}\u00a0%`;

/**
 * Draws into `.boxes` and `.faces` of the dialog. Returns `showThumbnails(url)`, for when a picture is loaded, and
 * `setView({ areHidden, isChosen, corrections })`. With `isChosen`, only faces with the chosen confidence or
 * more are shown; with `areHidden`, the picture hides all faces except those that the corrections show.
 */
export function drawFaces(dialog, { faces, image }) {
  const boxes = dialog.querySelector(".boxes");
  const list = dialog.querySelector(".faces");
  const drawn = faces.map((face, index) => drawFace(face, index));
  boxes.replaceChildren(...drawn.map(({ box }) => box));
  list.replaceChildren(...drawn.map(({ item }) => item));
  const setView = listenToThreshold(dialog, drawn);
  return { setView, showThumbnails: (url) => drawn.forEach((one) => showThumbnail(one, image, url)) };
}

function drawFace(face, index) {
  const box = document.createElement("div");
  box.className = "box";
  place(box, face.box_ratio);
  box.append(Object.assign(document.createElement("span"), { textContent: percent(face.confidence) }));
  const item = document.createElement("li");
  const button = Object.assign(document.createElement("button"), { type: "button" });
  const thumbnail = Object.assign(document.createElement("span"), { className: "thumbnail" });
  const size = `${Math.round(face.box.width)} × ${Math.round(face.box.height)} px`;
  const state = Object.assign(element("span", "shown"), { className: "shown", hidden: true });
  button.append(thumbnail, `Face ${index + 1}`, state, element("strong", percent(face.confidence)), element("small", size));
  item.append(button);
  const mark = (isMarked) => {
    box.classList.toggle("marked", isMarked);
    item.classList.toggle("marked", isMarked);
  };
  for (const part of [box, button]) {
    part.addEventListener("pointerenter", () => mark(true));
    part.addEventListener("pointerleave", () => mark(document.activeElement === button));
  }
  button.addEventListener("focus", () => mark(true));
  button.addEventListener("blur", () => mark(false));
  button.addEventListener("click", () => box.scrollIntoView({ block: "center", inline: "center" }));
  box.addEventListener("click", () => button.focus());
  return { face, box, item, state, thumbnail };
}

function element(name, text) {
  return Object.assign(document.createElement(name), { textContent: text });
}

/** A square around the face: the whole picture, shifted and clipped. */
function showThumbnail({ face, thumbnail }, { width, height }, url) {
  const { x, y, width: across, height: down } = face.box;
  const side = Math.max(across, down) * MARGIN;
  const scale = THUMBNAIL_PX / side;
  thumbnail.style.backgroundImage = `url("${url}")`;
  thumbnail.style.backgroundSize = `${width * scale}px ${height * scale}px`;
  thumbnail.style.backgroundPosition =
    `${-(x + across / 2 - side / 2) * scale}px ${-(y + down / 2 - side / 2) * scale}px`;
}

function listenToThreshold(dialog, drawn) {
  const slider = dialog.querySelector(".threshold input");
  const lowest = Math.min(100, ...drawn.map(({ face }) => face.confidence * 100));
  slider.min = slider.value = Math.floor(lowest);
  let view = { areHidden: false, isChosen: true };
  const apply = () => {
    let visible = 0;
    for (const { face, box, item } of drawn) {
      const isVisible = !view.isChosen || face.confidence * 100 >= slider.value;
      visible += isVisible;
      box.hidden = item.hidden = !isVisible;
    }
    dialog.querySelector(".threshold").hidden = !view.isChosen || drawn.length === 0;
    dialog.querySelector(".threshold output").textContent = `${slider.value}\u00a0%`;
    dialog.querySelector(".count").textContent = view.areHidden ? countHidden(drawn.length, view.corrections) : count(visible, drawn.length);
  };
  slider.addEventListener("input", apply);
  return (next) => {
    view = next;
    for (const [index, { state, thumbnail }] of drawn.entries()) {
      thumbnail.hidden = view.areHidden;
      state.hidden = !view.areHidden || !view.corrections?.show.includes(index);
    }
    apply();
  };
}

function count(visible, all) {
  if (all === 0) return "No face found";
  return `${visible} of ${all === 1 ? "1 face" : `${all} faces`}`;
}

function countHidden(all, corrections) {
  const [shown, areas] = [corrections?.show.length ?? 0, corrections?.hide.length ?? 0];
  const byHand = areas === 0 ? "" : `; ${areas === 1 ? "1 area" : `${areas} areas`} hidden by hand`;
  return countHiddenFaces(all, shown) + byHand;
}

function countHiddenFaces(all, shown) {
  if (all === 0) return "No face found; anything that might be a face is hidden";
  if (shown > 0) return all === 1 ? "1 face, shown" : `${all} faces, ${shown} shown`;
  return all === 1 ? "1 face, hidden" : `${all} faces, all hidden`;
}
