/** Follows the progress of jobs, on the stream or, if it is unavailable, through the API. */

import { getJob, getJobs } from "./api.js";
import { dropJob, endedJobs, isWaiting, showEvent } from "./feed.js";
import { getUndrawn } from "./renders.js";

const FIRST_POLL_MS = 5_000;
const LONGEST_POLL_MS = 60_000;
const GONE = 404;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A fallback for networks that block WebSockets; the stream is faster. */
export async function pollJob(jobId) {
  for (let wait = FIRST_POLL_MS; ; wait = Math.min(wait * 1.5, LONGEST_POLL_MS)) {
    await pause(wait);
    if (!isWaiting(jobId)) return;
    try {
      const job = await getJob(jobId);
      if (job.completed_at) showEnd(await eventOf(job));
    } catch (error) {
      if (error.status === GONE) dropJob(jobId);
    }
  }
}

/** Converts a job from the API to an event as the stream sends it. */
export async function eventOf(job) {
  const undrawn = await getUndrawn();
  const isDrawn = job.options.render.some((name) => !undrawn.includes(name));
  return { ...job, processed_image_url: isDrawn ? job.links.processed_image : null };
}

/** Handles an event from the stream, in the list and in the view of the job if it is open. */
export function showOrDrop(event) {
  if (event.type === "job.deleted") {
    dropAndTell(event.job_id);
    return;
  }
  showEnd(event);
  if (event.type === "job.corrected") dispatchEvent(new CustomEvent("job-corrected", { detail: event }));
}

/** Removes a job from the list and from its view, if it is open. */
function showEnd(event) {
  showEvent(event);
  dispatchEvent(new CustomEvent("job-ended", { detail: event.job_id }));
}

function dropAndTell(jobId) {
  dropJob(jobId);
  dispatchEvent(new CustomEvent("job-deleted", { detail: jobId }));
}

/**
 * Drops the cards of deleted jobs: a restarted stack does not have any jobs, and the stream replays only deletions that
 * it still keeps. The list may lag behind the stream, so each job missing from it is requested.
 */
export async function dropGone() {
  const shown = new Set(endedJobs());
  let next = null;
  do {
    const page = await getJobs(next);
    for (const job of page.jobs) shown.delete(job.job_id);
    next = page.next_cursor;
  } while (next && shown.size > 0);
  for (const jobId of shown) {
    await getJob(jobId).catch((error) => {
      if (error.status !== GONE) throw error;
      dropAndTell(jobId);
    });
  }
}
