/** The page: sends photos, lists everyone's results, and shows one of them at `#job=<id>`. */

import { getJobs, getLimits, getTicket, getUsage, megabytes } from "./api.js";
import { chosenOptions, drawRenders } from "./choices.js";
import { dropGone, eventOf, pollJob, showOrDrop } from "./events.js";
import { dropJob, showEvent, showLoaded } from "./feed.js";
import "./filters.js";
import { changeKey, getHolder, may, setHolder } from "./key.js";
import { listen } from "./listener.js";
import { onForgottenElsewhere, ownName } from "./own-jobs.js";
import { onPhotos } from "./photos.js";
import { loadFailedAgain } from "./picture.js";
import "./selection.js";
import { sendAll, sendUnreachedAgain } from "./sending.js";

const REPLAY = 20;
// A local stack has few listeners, so they can reconnect at the same time.
const IS_LOCAL = /(^|\.)localhost$|^127\./.test(location.hostname);
const LOCAL_LONGEST_WAIT_MS = 2_000;
const STATES = {
  connecting: "Connecting …",
  open: "Live",
  waiting: "Offline, trying again soon …",
  closed: "Offline",
  unheard: "Sending only",
};

const byId = (id) => document.getElementById(id);

let cursor = null;
let listener;

/** Shows the next page of the list, skipping pages without anything new. */
async function showOlder() {
  byId("older").disabled = true;
  try {
    let isNew = false;
    do {
      const page = await getJobs(cursor);
      // Without a pause between two jobs, the filter and the selection are updated only once.
      for (const event of await Promise.all(page.jobs.map(eventOf))) {
        isNew = showEvent(event) || isNew;
        if (!event.completed_at && ownName(event.job_id)) pollJob(event.job_id);
      }
      cursor = page.next_cursor;
    } while (cursor && !isNew);
    byId("older").hidden = !cursor;
  } catch (error) {
    showTrouble(error.message);
  } finally {
    byId("older").disabled = false;
  }
}

function showLimits(limits) {
  const days = limits.job_kept_days === 1 ? "a day" : `${limits.job_kept_days} days`;
  byId("photos").accept = limits.formats.map((format) => `image/${format}`).join();
  byId("allowed").textContent =
    `${limits.formats.join(", ").toUpperCase()}, up to ${megabytes(limits.presigned_upload_bytes)}`;
  byId("privacy").textContent =
    `${audience()} are deleted after ${days}.` + (may("manage") ? " You can delete yours earlier." : "");
  if (!getHolder()) byId("results").textContent = IS_LOCAL ? "Results, only on this computer" : "Everyone’s results, live";
}

function audience() {
  const owner = getHolder()?.owner;
  if (!owner && IS_LOCAL) return "Photos and results stay on this computer. They";
  return `Everyone ${owner ? `with one of ${owner}'s keys` : "who opens this page"} can see the results. Photos and results`;
}

/** If the service asks for keys, loads the key's owner and scopes. */
async function showHolder() {
  const known = getHolder();
  const holder = await getUsage();
  if (known && known.owner !== holder.owner) {
    // The results on the screen belong to another owner.
    location.reload();
    return;
  }
  setHolder(holder);
  byId("results").textContent = may("read") ? `${holder.owner}’s results, live` : "Photos sent from here";
  byId("change-key").hidden = false;
  byId("photos").disabled = byId("sample").disabled = !may("send");
  byId("send-only").hidden = may("read");
  byId("read-only").hidden = may("send");
}

let wasOpen = false;

function showState(state) {
  byId("connection").dataset.state = state;
  byId("connection").textContent = STATES[state];
  byId("connect").hidden = state !== "waiting" && state !== "closed";
  if (state === "open") {
    byId("trouble").hidden = true;
    loadFailedAgain();
    sendUnreachedAgain();
    // If the request fails, the next reconnection compares again.
    if (wasOpen) dropGone().catch(() => {});
    wasOpen = true;
  }
}

function showTrouble(message) {
  byId("trouble").textContent = message;
  byId("trouble").hidden = false;
}

async function sendSample() {
  try {
    const response = await fetch("static/astronaut.jpg");
    if (!response.ok) throw new Error();
    send([new File([await response.blob()], "astronaut.jpg", { type: "image/jpeg" })]);
  } catch {
    showTrouble("The sample photo could not be loaded. Choose one of your own photos.");
  }
}

/** The service defines the renders, which determine how photos are sent. */
async function send(files) {
  try {
    await drawRenders();
  } catch (error) {
    showTrouble(error.message);
    return;
  }
  sendAll(files, chosenOptions(), pollJob);
}

async function connect() {
  if (listener) {
    listener.retry();
    return;
  }
  showState("connecting");
  try {
    const limits = await getLimits();
    await drawRenders();
    if (limits.access === "keys") await showHolder();
    showLimits(limits);
    if (!may("read")) {
      showState("unheard");
      return;
    }
    const listenerOptions = { onEvent: showOrDrop, onState: showState, replay: REPLAY };
    if (IS_LOCAL) listenerOptions.longestWaitMs = LOCAL_LONGEST_WAIT_MS;
    listener = listen({ url: limits.stream_url, getTicket: limits.access === "keys" ? getTicket : undefined, ...listenerOptions });
  } catch (error) {
    showState("closed");
    showTrouble(error.message);
  }
}

/** The code for the view of one result is fetched when a result is opened for the first time. */
async function showResult() {
  if (!/^#job=/.test(location.hash) && !byId("result").open) return;
  const { route, styled } = await import("./result.js");
  await styled;
  route();
}

async function start() {
  byId("older").addEventListener("click", showOlder);
  byId("connect").addEventListener("click", connect);
  byId("sample").addEventListener("click", sendSample);
  // The form has nothing to submit, but the Enter key would submit it.
  byId("send").addEventListener("submit", (event) => event.preventDefault());
  onPhotos(send);
  onForgottenElsewhere(dropJob);
  byId("change-key").addEventListener("click", changeKey);
  // The new key may have another owner or other scopes.
  addEventListener("key-entered", () => getHolder() && showHolder().catch((error) => showTrouble(error.message)));
  addEventListener("hashchange", showResult);
  // When the page becomes visible again, it reconnects immediately.
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && listener?.retry());
  addEventListener("online", () => listener?.retry());
  showResult();
  await connect();
  if (!may("read")) {
    byId("loading").hidden = true;
    return;
  }
  // The list and the stream are independent, so the page works if either is blocked.
  await showOlder();
  showLoaded();
}

start();
