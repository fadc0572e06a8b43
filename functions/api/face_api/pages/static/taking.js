/** Exports of a result: the picture, its JSON, and the curl command that returns it. */

import { renderUrl } from "./api.js";
import { nameOf } from "./feed.js";
import { keyHeaders } from "./key.js";

const COPIED_MS = 2_000;
const LOST = "The picture could not be downloaded. Check your connection and try again.";

/** The file name of a result, based on the photo's name, which the bucket does not know. */
export function fileName(jobId, { name, suffix }) {
  const stem = (nameOf(jobId) ?? jobId).replace(/\.[^.]+$/, "");
  return `${stem}-${name}.${suffix}`;
}

/** The response with a result, which is drawn first if needed. */
export async function fetchResult(jobId, { name }) {
  const response = await fetch(await renderUrl(jobId, name)).catch(() => undefined);
  if (!response?.ok) throw new Error(LOST);
  return response;
}

export async function download(jobId, render) {
  const response = await fetchResult(jobId, render);
  save(await response.blob(), fileName(jobId, render));
}

/** Saves a blob as a download. */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Refers to the variable that contains the key, never to the key itself. */
export function curlCommand(job) {
  const key = keyHeaders().Authorization ? '-H "Authorization: Bearer $FACECAST_KEY" ' : "";
  return `curl ${key}${job.links.self}`;
}

export async function copy(button, text) {
  const label = (button.dataset.label ??= button.textContent);
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Clipboard is blocked";
  }
  setTimeout(() => (button.textContent = label), COPIED_MS);
}
