/** The photos selected in the list, and the actions on all of them. */

import { deleteJobsOf, nameOf } from "./feed.js";
import { may } from "./key.js";
import { ownName } from "./own-jobs.js";

const list = document.getElementById("cards");
const bar = document.getElementById("selection");
const find = (selector) => bar.querySelector(selector);
const all = find("#all");

/** The cards that the filter shows. */
const cards = () => [...list.querySelectorAll(".card[data-status=completed]:not([hidden])")];
const box = (card) => card.querySelector(".pick input");
const selected = () => cards().filter((card) => box(card).checked).map((card) => card.dataset.job);

let isBusy = false;

function show() {
  const jobs = selected();
  const own = jobs.filter((jobId) => ownName(jobId) !== undefined);
  const count = cards().length;
  bar.hidden = list.childElementCount === 0;
  all.disabled = count === 0;
  all.checked = count > 0 && jobs.length === count;
  all.indeterminate = jobs.length > 0 && jobs.length < count;
  find(".selected").hidden = jobs.length === 0;
  if (!isBusy) find("output").textContent = jobs.length ? `${jobs.length} selected` : "";
  find(".download-all").disabled = isBusy;
  find(".delete-all").hidden = own.length === 0 || !may("manage");
  find(".delete-all").textContent = own.length === jobs.length ? "Delete" : `Delete only yours (${own.length})`;
}

function select(isChosen) {
  for (const card of cards()) box(card).checked = isChosen;
  show();
}

async function download() {
  const jobs = selected();
  const tell = (text) => (find("output").textContent = text);
  isBusy = true;
  show();
  try {
    const { downloadAll } = await import("./zip.js");
    tell(await downloadAll(jobs, (done) => tell(`Downloading ${done + 1} of ${jobs.length} …`)));
  } catch (error) {
    tell(error.message);
  } finally {
    isBusy = false;
    find(".download-all").disabled = false;
  }
}

function remove() {
  const jobs = selected().filter((jobId) => ownName(jobId) !== undefined);
  deleteJobsOf(jobs, jobs.length === 1 ? nameOf(jobs[0]) : `${jobs.length} photos`);
  show();
}

/** Deselects photos that the filter hides, so that no action affects an invisible photo. */
function dropHidden() {
  for (const input of list.querySelectorAll(".card[hidden] .pick :checked")) input.checked = false;
  show();
}

all.addEventListener("change", () => select(all.checked));
list.addEventListener("change", show);
find(".download-all").addEventListener("click", download);
find(".delete-all").addEventListener("click", remove);
find(".clear").addEventListener("click", () => {
  select(false);
  all.focus();
});
addEventListener("filtered", dropHidden);
