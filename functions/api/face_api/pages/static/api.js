/** Calls to the API. Addresses are relative to the page; a failed call throws an error with a message for users. */

import { askForKey, keyHeaders } from "./key.js";

const UNREACHABLE = "The service could not be reached. Check your connection and try again.";
const UNAUTHORIZED = 401;
const TOO_LARGE = 413;

async function call(path, request) {
  return (await exchange(path, request)).content;
}

/** Like `call`, but also returns the version (`ETag`); `version` is the version that the call replaces. */
async function callVersioned(path, request) {
  const { content, version } = await exchange(path, request);
  return { ...content, version };
}

async function exchange(path, { method = "GET", json, keepalive, version } = {}) {
  const options = { method, keepalive, headers: keyHeaders() };
  if (version) options.headers["If-Match"] = version;
  if (json) {
    options.body = JSON.stringify(json);
    options.headers["Content-Type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error(UNREACHABLE);
  }
  const text = await response.text();
  if (response.status === UNAUTHORIZED) {
    await refuse(options.headers, problem(response.status, text));
    return exchange(path, { method, json, keepalive, version });
  }
  if (!response.ok) throw problem(response.status, text);
  // A proxy that compresses responses marks their ETags as weak, and a weak ETag never matches.
  const received = response.headers.get("ETag")?.replace(/^W\//, "");
  return { content: text ? JSON.parse(text) : null, version: received };
}

/** Resolves once there is a new key to try again with. If another call has already got one, the user is not asked. */
async function refuse(headers, { message }) {
  if (headers.Authorization !== keyHeaders().Authorization) return;
  await askForKey(message);
  dispatchEvent(new Event("key-entered"));
}

let cachedLimits;

/** The limits, which are requested only once, and again after a failure. */
export function getLimits() {
  cachedLimits ??= call("limits").catch((error) => {
    cachedLimits = undefined;
    throw error;
  });
  return cachedLimits;
}

export const getUsage = () => call("usage");
export const getJob = (jobId) => call(`jobs/${jobId}`);
/** A page of the list. The first page is small, so that it loads fast. */
export const getJobs = (cursor) => call(`jobs?limit=${cursor ? `100&cursor=${encodeURIComponent(cursor)}` : 20}`);
export const deleteJob = (jobId) => call(`jobs/${jobId}`, { method: "DELETE", keepalive: true });
export const retryJob = (jobId) => call(`jobs/${jobId}/retry`, { method: "POST" });

/** The manual corrections: `{hide, show, corrected_at, version}`. */
export const getCorrections = (jobId) => callVersioned(`jobs/${jobId}/corrections`);

/** Replaces the corrections of this version; returns the new ones after the results were redrawn. */
export const putCorrections = (jobId, { hide, show }, version) =>
  callVersioned(`jobs/${jobId}/corrections`, { method: "PUT", json: { hide, show }, version });

/** A one-time ticket, because browsers cannot send headers with a WebSocket. Null if no key is required. */
export async function getTicket() {
  const { access } = await getLimits();
  return access === "keys" ? (await call("stream-tickets", { method: "POST" })).ticket : null;
}

/** The address of a result, which is drawn first if needed. The address is valid for a few minutes. */
export async function renderUrl(jobId, render) {
  const { url } = await call(`jobs/${jobId}/renders`, { method: "POST", json: { render } });
  return url;
}

/** Sends a `{file, options, key}` directly or through the bucket; returns the job's id. `onProgress` gets 0 to 1. */
export async function sendPhoto(photo, limits, { onProgress, signal }) {
  const { size } = photo.file;
  if (size > limits.presigned_upload_bytes) {
    const most = megabytes(limits.presigned_upload_bytes);
    throw Object.assign(new Error(`The file is ${megabytes(size)}; the maximum is ${most}.`), { status: TOO_LARGE });
  }
  const send = size > limits.direct_upload_bytes ? sendToBucket : sendDirectly;
  return send(photo, { onProgress, signal });
}

async function sendDirectly({ file, options, key }, transfer) {
  const form = new FormData();
  for (const [name, value] of Object.entries(options)) form.append(name, value);
  form.append("file", file);
  return JSON.parse(await post("image", form, { key, ...transfer })).job_id;
}

/** API Gateway limits the size of bodies: large files go to the bucket, with a form that the API signs. */
async function sendToBucket({ file, options, key }, { onProgress, signal }) {
  const request = new Blob([JSON.stringify({ options })], { type: "application/json" });
  const granted = JSON.parse(await post("uploads", request, { key, signal }));
  const form = new FormData();
  for (const [name, value] of Object.entries(granted.upload.fields)) form.append(name, value);
  if (file.type.startsWith("image/")) form.set("Content-Type", file.type);
  form.append("file", file);
  await post(granted.upload.url, form, { onProgress, signal });
  return granted.job_id;
}

/** fetch cannot report upload progress; XMLHttpRequest can. */
function post(url, body, { key, onProgress, signal }) {
  // Only the API, whose addresses are relative, receives the key; the bucket's forms are signed.
  const headers = /^https?:/.test(url) ? {} : keyHeaders();
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    if (key) request.setRequestHeader("Idempotency-Key", key);
    if (onProgress) request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(loaded / total));
    request.addEventListener("error", () => reject(new Error(UNREACHABLE)));
    request.addEventListener("abort", () => reject(new DOMException("Cancelled", "AbortError")));
    request.addEventListener("load", () => {
      const { status, responseText } = request;
      if (status < 300) resolve(responseText);
      else if (status === UNAUTHORIZED)
        refuse(headers, problem(status, responseText)).then(() => resolve(post(url, body, { key, onProgress, signal })));
      else reject(problem(status, responseText));
    });
    signal.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}

/** An error from problem+json (RFC 9457), or from any other response. */
function problem(status, text) {
  let detail;
  try {
    ({ detail } = JSON.parse(text));
  } catch {
    detail = undefined;
  }
  return Object.assign(new Error(detail ?? `The service responded with an error (${status}).`), { status });
}

export function megabytes(bytes) {
  return `${new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 }).format(bytes / 2 ** 20)} MB`;
}
