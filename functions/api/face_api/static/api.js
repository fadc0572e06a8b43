/** Calls to the API. Addresses are relative to the page; a failed call throws an error with a message for people. */

const UNREACHABLE = "The service could not be reached. Check your connection and try again.";

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

export const getLimits = () => call("limits");
export const getJob = (jobId) => call(`jobs/${jobId}`);
export const getJobs = (cursor) => call(`jobs?limit=20${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
export const deleteJob = (jobId) => call(`jobs/${jobId}`, "DELETE");
export const retryJob = (jobId) => call(`jobs/${jobId}/retry`, "POST");

/** Sends a photo whichever way takes its size, and gives the job's id. `onProgress` gets shares from 0 to 1. */
export async function sendPhoto(file, options, limits, onProgress) {
  if (file.size > limits.presigned_upload_bytes) {
    throw new Error(`It has ${megabytes(file.size)}; at most ${megabytes(limits.presigned_upload_bytes)} are allowed.`);
  }
  return file.size > limits.direct_upload_bytes
    ? sendToBucket(file, options, onProgress)
    : sendDirectly(file, options, onProgress);
}

async function sendDirectly(file, options, onProgress) {
  const form = new FormData();
  for (const [name, value] of Object.entries(options)) form.append(name, value);
  form.append("file", file);
  return JSON.parse(await post("image", form, onProgress)).job_id;
}

/** API Gateway takes no large bodies; the bucket does, by a form that the API signs. */
async function sendToBucket(file, options, onProgress) {
  const { render, ...others } = options;
  const request = JSON.stringify({ options: { render: [render], ...others } });
  const granted = JSON.parse(await post("uploads", new Blob([request], { type: "application/json" })));
  const form = new FormData();
  // The detector looks at the bytes, whatever a file calls itself.
  form.append("Content-Type", file.type.startsWith("image/") ? file.type : "image/jpeg");
  for (const [name, value] of Object.entries(granted.upload.fields)) form.append(name, value);
  form.append("file", file);
  await post(granted.upload.url, form, onProgress);
  return granted.job_id;
}

/** fetch cannot tell how much has been sent; XMLHttpRequest can. */
function post(url, body, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
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
