/** The renders and options as the service declares them (`GET /limits`). */

import { getLimits } from "./api.js";

// The render that cards show. It depends on the job's own renders and is not offered as a choice.
export const PREVIEW = "preview";

/** The renders that people can choose from: `{name, label, description, hides_faces, options, ...}`. */
export async function getRenders() {
  const { renders } = await getLimits();
  return renders.filter(({ name }) => name !== PREVIEW);
}

/** The controls of options, those of renders first: `{name, label, choices: [{value, label}]}`. */
export async function getControls() {
  const { options, renders } = await getLimits();
  const names = new Set([...renders.flatMap((render) => render.options), ...options.map(({ name }) => name)]);
  return [...names].map((name) => options.find((option) => option.name === name)).filter(Boolean);
}

/** The names of renders without a picture; empty until the service has responded. */
export async function getUndrawn() {
  const renders = await getRenders().catch(() => []);
  return renders.filter((render) => !isDrawn(render)).map(({ name }) => name);
}

/** Whether this render has a picture. */
export const isDrawn = ({ media_type }) => media_type !== null;
