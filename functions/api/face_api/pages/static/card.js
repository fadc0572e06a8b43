/**
 * One photo of the list, drawn from the object
 * `{jobId, status, own, name, progress, event, thumbnail}`.
 */

import { may } from "./key.js";
import { loadAgain, showWhenNear } from "./picture.js";
import { isReviewed } from "./reviewed.js";

const FINAL = [403, 404, 410];
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DATE = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

export function makeCard({ onDelete }) {
  const card = document.getElementById("card").content.firstElementChild.cloneNode(true);
  card.querySelector(".delete").addEventListener("click", onDelete);
  card.querySelector(".reload").addEventListener("click", () => loadAgain(card.querySelector("img")));
  const image = new Image();
  // Some files cannot be shown by this browser, or are not pictures.
  image.addEventListener("error", () => image.removeAttribute("src"));
  card.querySelector(".picture").prepend(image);
  return card;
}

export function drawCard(card, view) {
  const find = (selector) => card.querySelector(selector);
  card.dataset.status = view.status;
  card.dataset.job = view.jobId ?? "";
  card.dataset.faces = view.event?.face_count ?? "";
  find("h3").textContent = headline(view);
  find(".detail").textContent = view.name ?? "";
  drawPicture(card, view);
  drawProgress(find("progress"), view);
  drawTime(find("time"), view.event);
  drawDelete(find(".delete"), view);
  drawPick(card.querySelector(".pick"), view);
  drawReviewed(card);
}

function drawPick(pick, { status, name, event }) {
  pick.hidden = status !== "completed";
  if (!pick.hidden) pick.querySelector("input").setAttribute("aria-label", `Select ${name ?? `photo sent on ${DATE.format(new Date(event.created_at))}`}`);
}

/** Shows whether the result was reviewed. */
export function drawReviewed(card) {
  card.classList.toggle("done", isReviewed(card.dataset.job));
}

/** The status of a photo in a few words. */
export function headline({ status, event }) {
  switch (status) {
    case "waiting":
      return "Waiting to be sent";
    case "sending":
      return "Sending …";
    case "sent":
      return "Sent";
    case "completed":
      return countFaces(event.face_count);
    default:
      return "Looking for faces …";
  }
}

export function countFaces(count) {
  if (count === 0) return "No face found";
  return count === 1 ? "1 face" : `${count} faces`;
}

function drawPicture(card, { jobId, status, name, event, thumbnail }) {
  const link = card.querySelector(".picture");
  const image = link.querySelector("img");
  if (status !== "completed") {
    if (thumbnail && !card.dataset.thumbnail) image.src = card.dataset.thumbnail = thumbnail;
    return;
  }
  link.href = `#job=${jobId}`;
  image.alt = `${name ?? "A photo"}, ${countFaces(event.face_count)}. Show the result.`;
  // Without a picture, its alternative text cannot name the card.
  link.setAttribute("aria-label", image.alt);
  // A corrected result has a new picture.
  const picture = `${jobId} ${event.corrected_at ?? ""}`;
  if (card.dataset.picture === picture) return;
  card.dataset.picture = picture;
  if (!event.processed_image_url) {
    showNoPicture(card, thumbnail);
    return;
  }
  showWhenNear(image, jobId, "preview", (state, error) => {
    card.classList.toggle("unloaded", state === "failed");
    link.dataset.problem = error?.message ?? "";
    // A picture that no longer exists or was refused is not requested again.
    card.querySelector(".reload").hidden = state !== "failed" || FINAL.includes(error.status);
    if (state === "loaded" && thumbnail) URL.revokeObjectURL(thumbnail);
  });
}

/** For a job without a picture: one would have to be drawn and stored first. */
function showNoPicture(card, thumbnail) {
  card.classList.add("unloaded");
  card.querySelector(".picture").dataset.problem = "No picture was requested";
  if (thumbnail) URL.revokeObjectURL(thumbnail);
}

function drawProgress(bar, { status, name, progress }) {
  bar.hidden = status === "completed" || status === "sent";
  bar.setAttribute("aria-label", name ? `Progress of ${name}` : "Progress");
  if (status === "waiting") bar.value = 0;
  else if (status === "sending" && progress < 1) bar.value = progress;
  else bar.removeAttribute("value");
}

function drawTime(time, event) {
  if (!event?.completed_at) return;
  const ended = new Date(event.completed_at);
  const seconds = (ended - new Date(event.created_at)) / 1000;
  const isToday = ended.toDateString() === new Date().toDateString();
  time.title = `${DATE.format(ended)}, took ${seconds.toFixed(1)} s`;
  time.dateTime = event.completed_at;
  time.textContent = `${(isToday ? CLOCK : DATE).format(ended)} · ${seconds.toFixed(1)}\u00a0s`;
}

function drawDelete(button, { jobId, own, name }) {
  button.hidden = !own || !jobId || !may("manage");
  button.setAttribute("aria-label", `Delete ${name ?? "photo"}`);
}
