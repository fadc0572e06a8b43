/** What becomes of jobs, from the stream or, where there is none, from the API. */

import { getJob, getJobs } from "./api.js";
import { dropJob, endedJobs, isWaiting, showEvent } from "./feed.js";
import { getUndrawn } from "./renders.js";

const FIRST_POLL_MS = 5_000;
const LONGEST_POLL_MS = 60_000;
const GONE = 404;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The stream is faster; this is for networks that let no WebSocket through. */
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

/** A job of the API in the words of the stream. */
export async function eventOf(job) {
  const undrawn = await getUndrawn();
  const isDrawn = job.options.render.some((name) => !undrawn.includes(name));
  return { ...job, processed_image_url: isDrawn ? job.links.processed_image : null };
}

/** What the stream tells of a job; the view of the job, if it is open, is told as well. */
export function showOrDrop(event) {
  if (event.type === "job.deleted") {
    dropAndTell(event.job_id);
    return;
  }
  showEnd(event);
  if (event.type === "job.corrected") dispatchEvent(new CustomEvent("job-corrected", { detail: event }));
}

/** In the list, and in the view of the job if it is open. */
function showEnd(event) {
  showEvent(event);
  dispatchEvent(new CustomEvent("job-ended", { detail: event.job_id }));
}

function dropAndTell(jobId) {
  dropJob(jobId);
  dispatchEvent(new CustomEvent("job-deleted", { detail: jobId }));
}

/**
 * Drops the cards of jobs that are gone: a stack that was started again has none, and the stream tells only of deletions
 * that it has not forgotten. The list may lag behind the stream, so each job that it lacks is asked for.
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
