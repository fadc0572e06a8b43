/** The renders as the service declares them (`GET /limits`): `{name, label, description, hides_faces, ...}`. */

import { getLimits } from "./api.js";

// What the cards show; it follows the job's own renders, so people have nothing to choose.
export const PREVIEW = "preview";

/** The renders that people can choose from. */
export async function getRenders() {
  const { renders } = await getLimits();
  return renders.filter(({ name }) => name !== PREVIEW);
}

/** The names of those without a picture; none as long as the service has not told. */
export async function getUndrawn() {
  const renders = await getRenders().catch(() => []);
  return renders.filter((render) => !isDrawn(render)).map(({ name }) => name);
}

/** Whether there is a picture of it. */
export const isDrawn = ({ media_type }) => media_type !== null;
