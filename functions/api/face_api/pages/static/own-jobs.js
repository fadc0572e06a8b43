/** The jobs that were sent from this browser, with their file names; only these get a delete button. */

const KEY = "facecast.jobs";
const DAY = 24 * 60 * 60 * 1000;

// If the browser does not allow storage, the jobs are remembered until the page is closed.
let unstored = {};

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return unstored;
  }
}

function write(jobs) {
  unstored = jobs;
  try {
    localStorage.setItem(KEY, JSON.stringify(jobs));
  } catch {
    // The browser does not allow storage, as above.
  }
}

export function remember(jobId, name, keptDays) {
  const now = Date.now();
  const alive = Object.entries(read()).filter(([, job]) => job.until > now);
  write({ ...Object.fromEntries(alive), [jobId]: { name, until: now + keptDays * DAY } });
}

export function forget(jobId) {
  const { [jobId]: gone, ...others } = read();
  write(others);
}

/** The file's name, or undefined for a job that was sent elsewhere. */
export function ownName(jobId) {
  return read()[jobId]?.name;
}

/** Calls back with the ids of jobs that another window of this browser has deleted. */
export function onForgottenElsewhere(call) {
  addEventListener("storage", ({ key, oldValue, newValue }) => {
    if (key !== KEY) return;
    const left = JSON.parse(newValue ?? "{}");
    const before = Object.entries(JSON.parse(oldValue ?? "{}"));
    for (const [jobId, { until }] of before) if (!(jobId in left) && until > Date.now()) call(jobId);
  });
}
