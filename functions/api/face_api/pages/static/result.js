/** One result to look into: the picture, its faces, and what can be done with it. */

import { getJob, renderUrl } from "./api.js";
import { deleteJobOf, nameOf } from "./feed.js";
import { drawFaces } from "./faces.js";
import { keyHeaders, may } from "./key.js";
import { ownName } from "./own-jobs.js";
import { loaded } from "./picture.js";
import { makeZoom } from "./zoom.js";

const WAYS = { boxes: "Boxes", blur: "Blurred", pixelate: "Pixelated", solid: "Covered", plain: "Photo" };
const SHOWS_FACES = ["boxes", "plain"];
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const COPIED_MS = 2_000;

const dialog = document.getElementById("result");
const template = `
  <header>
    <h2 id="result-title" tabindex="-1">Result</h2>
    <button type="button" class="close" aria-label="Close">✕</button>
  </header>
  <p class="problem" role="alert" hidden></p>
  <div class="view">
    <div class="left">
      <div class="stage" tabindex="0" role="region" aria-label="Picture; scroll to move it when enlarged">
        <div class="canvas"><img class="before" alt=""><img class="after" alt=""><div class="boxes" aria-hidden="true"></div></div>
      </div>
      <div class="tools">
        <fieldset class="choices"><legend class="unseen">How the faces are shown</legend></fieldset>
        <span class="zoom">
          <button type="button" class="out" aria-label="Zoom out">−</button>
          <output>100 %</output>
          <button type="button" class="in" aria-label="Zoom in">+</button>
        </span>
      </div>
      <label class="row compare"><span>Before</span> <input type="range" min="0" max="100" value="0"> <span>After</span></label>
    </div>
    <div class="right">
      <label class="threshold"><span>Faces from <output></output> confidence</span> <input type="range" min="0" max="100"></label>
      <p class="count" role="status"></p>
      <ol class="faces"></ol>
      <p class="actions">
        <button type="button" class="download">Download</button>
        <button type="button" class="copy-json">Copy JSON</button>
        <button type="button" class="copy-curl">Copy curl</button>
        <button type="button" class="delete">Delete</button>
      </p>
    </div>
  </div>`;

/** Resolves once the view's styles are there, or cannot be had. */
export const styled = new Promise((resolve) => {
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "static/result.css" });
  link.onload = link.onerror = resolve;
  document.head.append(link);
});

let current;
// Whether the view closes because the address has changed, as by the back button.
let isAddressRight = false;

const find = (selector) => dialog.querySelector(selector);

/** Open the result that the address names, or close the view. */
export function route() {
  const [, jobId] = /^#job=(.+)/.exec(location.hash) ?? [];
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
  current = { jobId, ways: {}, way: undefined };
  const opened = current;
  listenToControls();
  if (!dialog.open) dialog.showModal();
  find("h2").focus();
  try {
    const job = await getJob(jobId);
    if (opened !== current) return;
    current.job = job;
    draw();
  } catch (error) {
    if (opened === current) showInstead(error.message);
  }
}

function draw() {
  const { job, jobId } = current;
  const name = nameOf(jobId);
  find("h2").textContent = name ?? `Photo of ${DATE.format(new Date(job.created_at))}`;
  find(".delete").hidden = ownName(jobId) === undefined || !may("manage");
  if (job.status !== "completed") {
    showInstead(job.failure?.detail ?? "This photo is still being processed. Its result is shown as soon as it is ready.");
    return;
  }
  const { width, height } = job.image;
  find(".canvas").style.aspectRatio = `${width} / ${height}`;
  find(".canvas").style.setProperty("--ratio", width / height);
  current.faces = drawFaces(dialog, job);
  current.zoom = makeZoom(find(".stage"), find(".zoom"));
  drawChoices();
}

function drawChoices() {
  const { job } = current;
  const ways = Object.keys(WAYS).filter((way) => job.permitted_renders.includes(way));
  const isHidden = !ways.includes("plain");
  const first = ways.includes(job.options.render[0]) ? job.options.render[0] : ways[0];
  for (const way of ways) {
    const label = document.createElement("label");
    const input = Object.assign(document.createElement("input"), { type: "radio", name: "way", value: way });
    input.checked = way === first;
    input.addEventListener("change", () => show(way));
    label.append(input, Object.assign(document.createElement("span"), { textContent: WAYS[way] }));
    find(".choices").append(label);
  }
  current.isHidden = isHidden;
  show(first);
}

/** Boxes are laid over the plain picture, from the job's own numbers. */
async function show(way) {
  const opened = current;
  current.way = way;
  const isRedacted = !SHOWS_FACES.includes(way);
  dialog.dataset.way = way;
  find(".compare").hidden = !isRedacted || current.isHidden;
  find(".stage").setAttribute("aria-busy", "true");
  try {
    if (!current.isHidden) {
      const plain = await picture("plain");
      if (opened !== current) return;
      find(".before").src = plain;
      current.faces.showThumbnails(plain);
    }
    const after = isRedacted ? await picture(way) : undefined;
    if (opened !== current || current.way !== way) return;
    if (after) find(".after").src = after;
    find(".after").hidden = !isRedacted;
    find(".after").alt = isRedacted ? `The photo, faces ${WAYS[way].toLowerCase()}` : "";
    find(".before").alt = isRedacted ? "" : "The photo";
    showProblem();
  } catch (error) {
    if (opened === current) showProblem(error.message);
  } finally {
    if (opened === current) find(".stage").removeAttribute("aria-busy");
  }
}

/** Each picture once; what failed is loaded again when it is chosen again. */
function picture(render) {
  const { jobId, ways } = current;
  ways[render] ??= renderUrl(jobId, render).then(loaded);
  ways[render].catch(() => delete ways[render]);
  return ways[render];
}

function showProblem(message) {
  find(".problem").textContent = message ?? "";
  find(".problem").hidden = !message;
}

/** Where there is no result to look into. */
function showInstead(message) {
  find(".view").hidden = true;
  showProblem(message);
}

function listenToControls() {
  find(".close").addEventListener("click", leave);
  find(".compare input").addEventListener("input", ({ target }) => {
    find(".after").style.clipPath = `inset(0 0 0 ${100 - target.value}%)`;
  });
  find(".compare input").value = 100;
  find(".download").addEventListener("click", () => download().catch((error) => showProblem(error.message)));
  find(".copy-json").addEventListener("click", ({ target }) => copy(target, JSON.stringify(current.job, null, 2)));
  find(".copy-curl").addEventListener("click", ({ target }) => copy(target, curlCommand()));
  find(".delete").addEventListener("click", () => {
    const { jobId } = current;
    leave();
    deleteJobOf(jobId);
  });
}

/** It names the variable of the key, never the key. */
function curlCommand() {
  const key = keyHeaders().Authorization ? '-H "Authorization: Bearer $FACECAST_KEY" ' : "";
  return `curl ${key}${current.job.links.self}`;
}

/** Named after the photo, which the bucket does not know. */
async function download() {
  const { jobId, way } = current;
  const response = await fetch(await renderUrl(jobId, way)).catch(() => undefined);
  if (!response?.ok) throw new Error("The picture could not be downloaded. Check your connection and try again.");
  const url = URL.createObjectURL(await response.blob());
  const stem = (nameOf(jobId) ?? jobId).replace(/\.[^.]+$/, "");
  Object.assign(document.createElement("a"), { href: url, download: `${stem}-${way}.jpg` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

async function copy(button, text) {
  const label = (button.dataset.label ??= button.textContent);
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Copying is not allowed";
  }
  setTimeout(() => (button.textContent = label), COPIED_MS);
}

function leave() {
  dialog.close();
}

// Escape closes it, too; the address follows.
dialog.addEventListener("close", () => {
  // Another result was opened before this event came.
  if (dialog.open) return;
  const { jobId } = current;
  current = undefined;
  if (!isAddressRight) history.pushState(null, "", location.pathname + location.search);
  const card = document.querySelector(`.card[data-job="${CSS.escape(jobId)}"] a`);
  (card ?? document.getElementById("results")).focus();
});

addEventListener("job-deleted", ({ detail }) => {
  if (current?.jobId === detail) showInstead("This photo was deleted.");
});

addEventListener("job-ended", ({ detail }) => {
  if (current?.jobId === detail && !current.job?.completed_at) open(detail);
});
