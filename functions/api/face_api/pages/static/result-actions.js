/** The actions on the result that the view shows. */

import { deleteJobOf } from "./feed.js";
import { copy, curlCommand, download } from "./taking.js";

/** Listens in the view; `shown` has the `jobId` and, once they are known, the `job` and the `render`. */
export function listenToActions(dialog, shown, { showProblem, leave }) {
  const onClick = (selector, call) => dialog.querySelector(selector).addEventListener("click", call);
  onClick(".download", () => download(shown.jobId, shown.render).catch((error) => showProblem(error.message)));
  onClick(".copy-json", ({ target }) => copy(target, JSON.stringify(shown.job, null, 2)));
  onClick(".copy-curl", ({ target }) => copy(target, curlCommand(shown.job)));
  onClick(".delete", () => {
    leave();
    deleteJobOf(shown.jobId);
  });
}
