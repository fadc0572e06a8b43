/**
 * One photo of the list, drawn from what is known of it:
 * `{jobId, status, own, name, progress, event, problem, canRetry}`.
 */

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DATE = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

export function makeCard({ onDelete, onRetry }) {
  const card = document.getElementById("card").content.firstElementChild.cloneNode(true);
  card.querySelector(".delete").addEventListener("click", onDelete);
  card.querySelector(".retry").addEventListener("click", onRetry);
  card.querySelector("img").addEventListener("error", () => card.classList.add("gone"));
  return card;
}

export function drawCard(card, view) {
  const find = (selector) => card.querySelector(selector);
  card.dataset.status = view.status;
  card.dataset.job = view.jobId ?? "";
  find("h3").textContent = headline(view);
  find(".detail").textContent = [view.name, view.problem].filter(Boolean).join(": ");
  drawPicture(find(".picture a"), view);
  drawProgress(find("progress"), view);
  drawTime(find("time"), view.event);
  drawButtons(find(".delete"), find(".retry"), view);
}

/** What became of a photo, in a few words. */
export function headline({ status, event }) {
  switch (status) {
    case "waiting":
      return "Waiting to be sent";
    case "sending":
      return "Sending …";
    case "completed":
      return countFaces(event.face_count);
    case "failed":
      return "Failed";
    default:
      return "Looking for faces …";
  }
}

function countFaces(count) {
  if (count === 0) return "No face found";
  return count === 1 ? "1 face" : `${count} faces`;
}

function drawPicture(link, { status, name, event }) {
  link.hidden = status !== "completed";
  if (link.hidden || link.href === event.processed_image_url) return;
  link.href = event.processed_image_url;
  const image = link.querySelector("img");
  image.alt = `${name ?? "A photo"}, ${countFaces(event.face_count)}. Open it whole.`;
  image.src = event.processed_image_url;
}

function drawProgress(bar, { status, name, progress }) {
  bar.hidden = status === "completed" || status === "failed";
  bar.setAttribute("aria-label", name ? `Progress of ${name}` : "Progress");
  if (status === "sending" && progress < 1) bar.value = progress;
  else bar.removeAttribute("value");
}

function drawTime(time, event) {
  if (!event?.completed_at) return;
  const ended = new Date(event.completed_at);
  const seconds = (ended - new Date(event.created_at)) / 1000;
  const isToday = ended.toDateString() === new Date().toDateString();
  time.dateTime = event.completed_at;
  time.textContent = `${(isToday ? CLOCK : DATE).format(ended)} · took ${seconds.toFixed(1)} s`;
}

function drawButtons(remove, retry, { jobId, status, own, name, canRetry }) {
  remove.hidden = !own || status === "waiting" || status === "sending";
  remove.textContent = jobId ? "Delete" : "Dismiss";
  remove.setAttribute("aria-label", `${remove.textContent} ${name ?? "photo"}`);
  retry.hidden = !(own && canRetry);
  retry.setAttribute("aria-label", `Try ${name} again`);
}
