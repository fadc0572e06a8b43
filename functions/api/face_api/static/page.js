/** The page: photos out, everyone's results in. */

import { getJob, getJobs, getLimits, megabytes, sendPhoto } from "./api.js";
import { addOwn, dropJob, isWaiting, showEvent } from "./feed.js";
import { listen } from "./listener.js";
import { onForgottenElsewhere, remember } from "./own-jobs.js";
import { onPhotos } from "./photos.js";

const REPLAY = 20;
const FIRST_LOOK = 5_000;
const LONGEST_PAUSE = 60_000;
const STATES = {
  connecting: "Connecting …",
  open: "Live",
  waiting: "Offline, trying again soon …",
  closed: "Offline",
};

const byId = (id) => document.getElementById(id);
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// Photos go out one after the other; the service looks at many at once.
let sending = Promise.resolve();
let cursor = null;

function chosenOptions() {
  const { render, min_confidence: confidence } = Object.fromEntries(new FormData(byId("send")));
  return confidence ? { render, min_confidence: confidence } : { render };
}

function sendAll(files) {
  const options = chosenOptions();
  for (const file of files) {
    // A photo that is sent again after a broken connection stays one job.
    const photo = { file, options, key: `${Date.now()}-${Math.random()}` };
    const card = addOwn(file.name, () => enqueue(photo, card));
    enqueue(photo, card);
  }
}

function enqueue(photo, card) {
  card.showWaiting();
  sending = sending.then(() => sendOne(photo, card));
}

async function sendOne(photo, card) {
  try {
    card.showProgress(0);
    const limits = await getLimits();
    const jobId = await sendPhoto(photo, limits, card.showProgress);
    remember(jobId, photo.file.name, limits.job_kept_days);
    card.setJob(jobId);
    pollJob(jobId);
  } catch (error) {
    card.showProblem(error);
  }
}

/** The stream tells sooner; this is for networks that let no WebSocket through. */
async function pollJob(jobId) {
  for (let wait = FIRST_LOOK; ; wait = Math.min(wait * 1.5, LONGEST_PAUSE)) {
    await pause(wait);
    if (!isWaiting(jobId)) return;
    try {
      const job = await getJob(jobId);
      if (job.completed_at) showEvent(eventOf(job));
    } catch (error) {
      if (error.status === 404) dropJob(jobId);
    }
  }
}

/** A job of the API in the words of the stream. */
function eventOf(job) {
  return { ...job, processed_image_url: job.links.processed_image };
}

async function showOlder() {
  byId("older").disabled = true;
  try {
    let isNew = false;
    do {
      const page = await getJobs(cursor);
      for (const job of page.jobs.filter((one) => one.completed_at)) isNew = showEvent(eventOf(job), "last") || isNew;
      cursor = page.next_cursor;
    } while (cursor && !isNew);
    byId("older").hidden = !cursor;
    if (!isNew) byId("announcement").textContent = "There are no older ones.";
  } catch (error) {
    showTrouble(error.message);
  } finally {
    byId("older").disabled = false;
  }
}

function showOrDrop(event) {
  if (event.type === "job.deleted") dropJob(event.job_id);
  else showEvent(event);
}

function showLimits(limits) {
  const days = limits.job_kept_days === 1 ? "a day" : `${limits.job_kept_days} days`;
  byId("photos").accept = limits.formats.map((format) => `image/${format}`).join();
  byId("allowed").textContent =
    `${limits.formats.join(", ").toUpperCase()}, up to ${megabytes(limits.presigned_upload_bytes)}`;
  byId("privacy").textContent =
    `Everyone who opens this page sees the results. Photos and results are deleted after ${days}, ` +
    "or as soon as you delete them.";
}

function showState(state) {
  byId("connection").dataset.state = state;
  byId("connection").textContent = STATES[state];
}

function showTrouble(message) {
  byId("trouble").textContent = message;
  byId("trouble").hidden = false;
}

async function start() {
  byId("older").addEventListener("click", showOlder);
  // Nothing is there to be submitted, but the enter key would.
  byId("send").addEventListener("submit", (event) => event.preventDefault());
  onPhotos(sendAll);
  onForgottenElsewhere(dropJob);
  try {
    const limits = await getLimits();
    showLimits(limits);
    listen({ url: limits.stream_url, onEvent: showOrDrop, onState: showState, replay: REPLAY });
  } catch (error) {
    showState("closed");
    showTrouble(`${error.message} Then load this page again.`);
  }
}

start();
