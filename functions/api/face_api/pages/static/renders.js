/** The renders as the service declares them (`GET /limits`): `{name, label, description, hides_faces, ...}`. */

import { getLimits } from "./api.js";

// The render that cards show. It depends on the job's own renders and is not offered as a choice.
export const PREVIEW = "preview";

/** The renders that people can choose from. */
export async function getRenders() {
  const { renders } = await getLimits();
  return renders.filter(({ name }) => name !== PREVIEW);
}

/** The names of renders without a picture; empty until the service has answered. */
export async function getUndrawn() {
  const renders = await getRenders().catch(() => []);
  return renders.filter((render) => !isDrawn(render)).map(({ name }) => name);
}

/** Whether this render has a picture. */
export const isDrawn = ({ media_type }) => media_type !== null;
