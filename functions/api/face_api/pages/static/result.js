/** The view of one result: its picture, its faces, and actions on it. */

import { getJob, renderUrl } from "./api.js";
import { makeCompare } from "./compare.js";
import { makeCorrect } from "./correct.js";
import { nameOf } from "./feed.js";
import { drawFaces } from "./faces.js";
import { may } from "./key.js";
import { ownName } from "./own-jobs.js";
import { loaded } from "./picture.js";
import { getRenders, isDrawn } from "./renders.js";
import { listenToActions } from "./result-actions.js";
import { frame, template } from "./result-markup.js";
import { makeReview } from "./review.js";
import { makeZoom } from "./zoom.js";

// The page itself draws the boxes over the photo, from the job's data, so that they can be highlighted.
const PHOTO = "plain";
const BOXES = "boxes";
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

const dialog = document.getElementById("result");
/** Resolves once the view's styles are loaded, or failed to load. */
export const styled = Promise.all(["result", "picture", "correct"].map(loadStyle));

function loadStyle(name) {
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: `static/${name}.css` });
  document.head.append(link);
  return new Promise((resolve) => (link.onload = link.onerror = resolve));
}

let current;
// The render that was chosen last; also used for the next photo.
let chosen;
// Whether the view closes because the address has changed, for example by the back button.
let isAddressRight = false;

const find = (selector) => dialog.querySelector(selector);

/** Opens the result in the address, or closes the view. */
export function route() {
  const [, jobId] = /^#job=(.+)/.exec(location.hash) ?? [];
  if (current && jobId !== current.jobId && !current.correct.mayLeave()) {
    history.pushState(null, "", `#job=${current.jobId}`);
    return;
  }
  if (!jobId) {
    isAddressRight = true;
    if (dialog.open) dialog.close();
    return;
  }
  open(jobId);
}

async function open(jobId) {
  isAddressRight = false;
  dialog.innerHTML = template;
  dialog.classList.remove("is-correcting");
  current = { jobId, pictures: {}, render: undefined };
  const opened = current;
  find(".close").addEventListener("click", leave);
  listenToActions(dialog, opened, { showProblem, leave });
  current.review = makeReview(dialog, jobId, goTo);
  current.correct = makeCorrect(dialog, jobId, {
    getJob: () => opened.job,
    getPhoto: () => (opened.showsPhoto ? find(".before").src : undefined),
    showProblem,
    refresh: () => refresh(opened),
    saved: (corrections) => opened === current && showSaved(corrections),
  });
  if (!dialog.open) dialog.showModal();
  find("h2").focus();
  try {
    const [job, renders] = await Promise.all([getJob(jobId), getRenders()]);
    if (opened !== current) return;
    current.job = job;
    current.renders = renders.filter((render) => isDrawn(render) && job.permitted_renders.includes(render.name));
    draw();
  } catch (error) {
    if (opened === current) showInstead(error.message);
  }
}

function draw() {
  const { job, jobId } = current;
  find("h2").textContent = nameOf(jobId) ?? `Photo sent on ${DATE.format(new Date(job.created_at))}`;
  find(".delete").hidden = ownName(jobId) === undefined || !may("manage");
  if (job.status !== "completed") {
    showInstead(job.failure?.detail ?? "This photo is still being processed. The result will be shown as soon as it is ready.");
    return;
  }
  current.showsPhoto = current.renders.some(({ name }) => name === PHOTO);
  current.faces = drawFaces(dialog, job);
  current.zoom = makeZoom(find(".stage"), find(".zoom"));
  current.compare = makeCompare(find(".canvas"), find(".compare input"));
  drawChoices();
}

function drawChoices() {
  const { job, renders } = current;
  const named = (sought) => renders.find(({ name }) => name === sought);
  const first = named(chosen) ?? named(job.options.render[0]) ?? renders[0];
  for (const render of renders) {
    const label = document.createElement("label");
    const input = Object.assign(document.createElement("input"), { type: "radio", name: "shown-render", value: render.name });
    input.checked = render === first;
    input.addEventListener("change", () => {
      chosen = render.name;
      show(render);
    });
    label.append(input, Object.assign(document.createElement("span"), { textContent: render.label }));
    find(".choices").append(label);
  }
  show(first);
}

async function show(render) {
  const opened = current;
  const { compare, faces, job, showsPhoto } = current;
  const isOther = render !== current.render;
  const isLaidOver = showsPhoto && [PHOTO, BOXES].includes(render.name);
  current.render = render;
  dialog.dataset.render = render.name;
  faces.setView({ areHidden: render.hides_faces, isChosen: isLaidOver, corrections: job.corrections });
  find(".boxes").hidden = !isLaidOver && !render.hides_faces;
  find(".compare").hidden = find(".divider").hidden = !render.hides_faces || !showsPhoto || job.faces.length === 0;
  find(".correct").hidden = !render.hides_faces;
  find(".stage").setAttribute("aria-busy", "true");
  try {
    const photo = showsPhoto ? await picture(PHOTO) : undefined;
    const after = isLaidOver ? undefined : await picture(render.name);
    if (opened !== current || current.render !== render) return;
    if (photo) {
      find(".before").src = photo.src;
      faces.showThumbnails(photo.src);
    }
    if (after) find(".after").src = after.src;
    find(".after").hidden = !after;
    find(".before").hidden = Boolean(after) && !render.hides_faces;
    find(".after").alt = after ? `The photo: ${render.description}` : "";
    find(".before").alt = after ? "" : "The photo";
    frame(dialog, job.image, after ?? photo);
    if (isOther) compare.set(0);
    if (isOther) showProblem();
  } catch (error) {
    if (opened === current) showProblem(error.message);
  } finally {
    if (opened === current) find(".stage").removeAttribute("aria-busy");
  }
}

/** Loads each picture once; one that failed is loaded again when it is chosen again. */
function picture(name) {
  const { jobId, pictures } = current;
  pictures[name] ??= renderUrl(jobId, name).then(loaded);
  pictures[name].catch(() => delete pictures[name]);
  return pictures[name];
}

/** After a correction, renders that hide faces have new pictures. */
async function showCorrected(job) {
  current.job = job;
  for (const { name, hides_faces: isHiding } of current.renders) if (isHiding) delete current.pictures[name];
  await show(current.render);
}

/** Reloads the job after someone else has corrected it. */
async function refresh(opened) {
  try {
    const job = await getJob(opened.jobId);
    if (opened === current) await showCorrected(job);
  } catch (error) {
    if (opened === current) showProblem(error.message);
  }
}

/** Updates this page without the stream, which may be blocked. */
function showSaved({ hide, show: shown, corrected_at }) {
  const { job, jobId } = current;
  showCorrected({ ...job, corrections: { hide, show: shown }, corrected_at });
  dispatchEvent(new CustomEvent("job-corrected", { detail: { job_id: jobId, corrected_at } }));
}

function showProblem(message) {
  find(".problem").textContent = message ?? "";
  find(".problem").hidden = !message;
}

/** Shows a message if there is no result. */
function showInstead(message) {
  current.correct.end();
  find(".view").hidden = true;
  showProblem(message);
}

/** Shows another result in the same view; the back button still closes the view. */
function goTo(jobId) {
  if (!current.correct.mayLeave()) return;
  const control = ["previous", "next"].find((name) => document.activeElement.classList.contains(name));
  history.replaceState(null, "", `#job=${jobId}`);
  open(jobId);
  if (control) find(`.${control}`).focus();
}

// On the document, because no element has the focus after a click outside all controls.
document.addEventListener("keydown", (event) => {
  const { target } = event;
  if (!current || document.querySelector("dialog[open]:not(#result)")) return;
  if (current.correct.isOpen()) {
    current.correct.press(event);
    return;
  }
  const isTaken = target.matches("input:not([type=checkbox])") || (target.matches(".stage") && current.zoom?.isEnlarged());
  if (isTaken || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "c") find(".correct").click();
  else current.review.press(event.key);
});

function leave() {
  if (current.correct.mayLeave()) dialog.close();
}

// The view may be closed without its button, for example by the back gesture of a phone.
dialog.addEventListener("cancel", (event) => current?.correct.mayLeave() === false && event.preventDefault());
addEventListener("beforeunload", (event) => current?.correct.mayLeave() === false && event.preventDefault());

// Escape also closes the view, so the address is updated.
dialog.addEventListener("close", () => {
  // Another result was opened before this event arrived.
  if (dialog.open) return;
  const { jobId } = current;
  current = chosen = undefined;
  if (!isAddressRight) history.pushState(null, "", location.pathname + location.search);
  const card = document.querySelector(`.card[data-job="${CSS.escape(jobId)}"] a`);
  (card ?? document.getElementById("results")).focus();
});

addEventListener("job-deleted", ({ detail }) => {
  if (current?.jobId === detail) showInstead("This photo was deleted.");
});

addEventListener("job-corrected", ({ detail: { job_id: jobId, corrected_at } }) => {
  const isKnown = current?.job?.corrected_at === corrected_at;
  if (current?.jobId === jobId && current.render && !isKnown) current.correct.hear();
});

addEventListener("job-ended", ({ detail }) => {
  if (current?.jobId === detail && !current.job?.completed_at) open(detail);
});
