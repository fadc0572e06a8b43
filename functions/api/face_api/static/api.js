/** Calls to the API. Addresses are relative to the page; a failed call throws an error with a message for people. */

const UNREACHABLE = "The service could not be reached. Check your connection and try again.";
const TOO_LARGE = 413;

async function call(path, method = "GET") {
  let answer;
  try {
    answer = await fetch(path, { method });
  } catch {
    throw new Error(UNREACHABLE);
  }
  const text = await answer.text();
  if (!answer.ok) throw problem(answer.status, text);
  return text ? JSON.parse(text) : null;
}

let limits;

/** Asked for once; after a failure, again. */
export function getLimits() {
  limits ??= call("limits").catch((error) => {
    limits = undefined;
    throw error;
  });
  return limits;
}

export const getJob = (jobId) => call(`jobs/${jobId}`);
export const getJobs = (cursor) => call(`jobs?limit=20${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
export const deleteJob = (jobId) => call(`jobs/${jobId}`, "DELETE");
export const retryJob = (jobId) => call(`jobs/${jobId}/retry`, "POST");

/** Sends a `{file, options, key}` whichever way takes its size; gives the job's id. `onProgress` gets 0 to 1. */
export async function sendPhoto(photo, limits, onProgress) {
  const { size } = photo.file;
  if (size > limits.presigned_upload_bytes) {
    const most = megabytes(limits.presigned_upload_bytes);
    throw Object.assign(new Error(`It has ${megabytes(size)}; at most ${most} are allowed.`), { status: TOO_LARGE });
  }
  return size > limits.direct_upload_bytes ? sendToBucket(photo, onProgress) : sendDirectly(photo, onProgress);
}

async function sendDirectly({ file, options, key }, onProgress) {
  const form = new FormData();
  for (const [name, value] of Object.entries(options)) form.append(name, value);
  form.append("file", file);
  return JSON.parse(await post("image", form, { key, onProgress })).job_id;
}

/** API Gateway takes no large bodies; the bucket does, by a form that the API signs. */
async function sendToBucket({ file, options, key }, onProgress) {
  const { render, ...others } = options;
  const request = JSON.stringify({ options: { render: [render], ...others } });
  const granted = JSON.parse(await post("uploads", new Blob([request], { type: "application/json" }), { key }));
  const form = new FormData();
  // The detector looks at the bytes, whatever a file calls itself.
  form.append("Content-Type", file.type.startsWith("image/") ? file.type : "image/jpeg");
  for (const [name, value] of Object.entries(granted.upload.fields)) form.append(name, value);
  form.append("file", file);
  await post(granted.upload.url, form, { onProgress });
  return granted.job_id;
}

/** fetch cannot tell how much has been sent; XMLHttpRequest can. */
function post(url, body, { key, onProgress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    if (key) request.setRequestHeader("Idempotency-Key", key);
    if (onProgress) {
      request.upload.addEventListener("progress", (event) => onProgress(event.loaded / event.total));
    }
    request.addEventListener("error", () => reject(new Error(UNREACHABLE)));
    request.addEventListener("load", () => {
      const { status, responseText } = request;
      if (status < 300) resolve(responseText);
      else reject(problem(status, responseText));
    });
    request.send(body);
  });
}

/** An error out of problem+json (RFC 9457), or out of whatever else came. */
function problem(status, text) {
  let detail;
  try {
    ({ detail } = JSON.parse(text));
  } catch {
    detail = undefined;
  }
  return Object.assign(new Error(detail ?? `The service answered with an error (${status}).`), { status });
}

export function megabytes(bytes) {
  return `${new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 }).format(bytes / 2 ** 20)} MB`;
}
