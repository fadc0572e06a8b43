/** Loads pictures of results when they are near the screen, and again after a failure. */

import { renderUrl } from "./api.js";

const failed = new Set();
const pending = new WeakMap();
const observer = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) load(target);
  },
  { rootMargin: "400px" },
);

/** Shows a job's render in this image as soon as it is near the screen. */
export function showWhenNear(image, jobId, render, onState = () => {}) {
  pending.set(image, { jobId, render, onState });
  observer.observe(image);
}

async function load(image) {
  observer.unobserve(image);
  failed.delete(image);
  const { jobId, render, onState } = pending.get(image);
  try {
    image.src = (await loaded(await renderUrl(jobId, render))).src;
    onState("loaded");
  } catch (error) {
    failed.add(image);
    onState("failed", error);
  }
}

/** Resolves to a picture once it is loaded, so that the page does not flicker. */
export function loaded(url) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.addEventListener("load", () => resolve(image));
    image.addEventListener("error", () => reject(new Error("The picture could not be loaded.")));
    image.src = url;
  });
}

export function loadAgain(image) {
  return load(image);
}

/** Reloads pictures that failed while there was no connection. */
export function loadFailedAgain() {
  for (const image of failed) if (image.isConnected) load(image);
}

addEventListener("online", loadFailedAgain);
