/** Manual corrections of a result: show faces that were hidden by mistake, and hide areas that were missed. */

import { getCorrections, putCorrections } from "./api.js";
import { makeDraft } from "./correct-draft.js";
import { makeMarks } from "./correct-marks.js";
import { may } from "./key.js";

const CHANGED = 412;
const NOT_ALLOWED = "This key does not allow corrections; they require the scope “manage”.";
const PROBLEMS = {
  403: NOT_ALLOWED,
  404: "This photo was deleted, so its result cannot be corrected.",
  410: "The original photo was deleted, so its result cannot be corrected.",
};
const OTHERS = "Someone else corrected this photo in the meantime. Their corrections are now shown with yours.";
const UNSAVED = "Your corrections are not saved yet. Save or cancel them first.";

/**
 * Listens in the view of a job. `view` has `getJob()`; `getPhoto()`, which returns the photo's address if the view may
 * show the photo; `showProblem(text)`; `saved(corrections)`; and `refresh()`, which loads what others have saved.
 */
export function makeCorrect(dialog, jobId, view) {
  const find = (selector) => dialog.querySelector(selector);
  const tools = find("fieldset.correcting");
  let draft, layer, marks, version;
  let isSaving = false;

  const isOpen = () => Boolean(draft);
  const hasUnsaved = () => Boolean(draft?.isChanged());

  async function open() {
    view.showProblem(may("manage") ? undefined : NOT_ALLOWED);
    if (isOpen() || !may("manage")) return;
    try {
      const corrections = await getCorrections(jobId);
      // The button was pressed twice, or the view shows another result by now.
      if (!isOpen() && tools.isConnected) begin(corrections);
    } catch (error) {
      tell(error);
    }
  }

  function begin(corrections) {
    // The hidden element would keep the focus.
    document.activeElement.blur();
    version = corrections.version;
    draft = makeDraft(corrections);
    layer = Object.assign(document.createElement("div"), { className: "marks" });
    find(".canvas").append(layer);
    dialog.classList.add("is-correcting");
    marks = makeMarks({ layer, stage: find(".stage"), job: view.getJob(), draft, photo: view.getPhoto(), changed });
    changed();
    marks.focus();
    if (!layer.contains(document.activeElement)) find(".add").focus();
  }

  function end() {
    draft = marks = undefined;
    layer?.remove();
    dialog.classList.remove("is-correcting");
  }

  function close() {
    end();
    find(".correct").focus();
  }

  function changed() {
    if (!marks) return;
    tools.disabled = find(".cancel").disabled = isSaving;
    find(".undo").disabled = !draft.canUndo();
    find(".remove").disabled = !marks.hasSelected();
    find(".save").disabled = isSaving || !draft.isChanged();
    find(".corrections").textContent = describe(draft.value) + (draft.isChanged() ? " Not saved." : "");
  }

  async function save() {
    if (!hasUnsaved() || isSaving) return;
    view.showProblem();
    setSaving(true);
    try {
      const corrections = await putCorrections(jobId, draft.value, version);
      if (!tools.isConnected || !isOpen()) return;
      setSaving(false);
      close();
      view.saved(corrections);
    } catch (error) {
      if (!tools.isConnected || !isOpen()) return;
      setSaving(false);
      if (error.status === CHANGED) await rebase();
      else tell(error);
      find(".save").focus();
    }
  }

  function setSaving(isIt) {
    isSaving = isIt;
    layer.inert = isIt;
    changed();
  }

  /** Merges what others have saved. */
  async function rebase() {
    try {
      const corrections = await getCorrections(jobId);
      if (!isOpen()) return;
      if (corrections.version === version) {
        view.refresh();
        return;
      }
      version = corrections.version;
      draft.rebase(corrections);
      marks.redraw();
      view.showProblem(OTHERS);
      view.refresh();
    } catch (error) {
      tell(error);
    }
  }

  function undo() {
    const hadFocus = document.activeElement === find(".undo");
    draft.undo();
    marks.redraw();
    if (hadFocus && find(".undo").disabled) find(".add").focus();
  }

  function tell(error) {
    view.showProblem(PROBLEMS[error.status] ?? error.message);
  }

  /** Whether the view may show another result; if not, shows the reason. */
  function mayLeave() {
    if (hasUnsaved()) view.showProblem(UNSAVED);
    return !hasUnsaved();
  }

  function cancel() {
    view.showProblem();
    close();
  }

  function escape() {
    if (mayLeave()) cancel();
    else if (!isSaving) find(".save").focus();
  }

  find(".correct").addEventListener("click", open);
  find(".add").addEventListener("click", () => marks.addArea());
  find(".remove").addEventListener("click", () => marks.removeSelected());
  find(".undo").addEventListener("click", undo);
  find(".cancel").addEventListener("click", cancel);
  find(".save").addEventListener("click", save);
  return {
    isOpen,
    mayLeave,
    /** Ends correcting without saving if there is no result. */
    end,
    /** Handles an event about corrections; ignored while saving, because the response is more complete. */
    hear() {
      if (isSaving) return;
      if (isOpen()) rebase();
      else view.refresh();
    },
    /** Handles a key while correcting. */
    press(event) {
      const isCommand = event.ctrlKey || event.metaKey;
      const key = event.key.toLowerCase();
      if (isSaving && key !== "escape") return;
      if (isCommand && key === "s") save();
      else if (isCommand && key === "z") undo();
      else if (key === "escape") escape();
      else if (key === "n" && !isCommand && !event.altKey) marks.addArea();
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}

function describe({ hide, show }) {
  const faces = show.length === 1 ? "1 face shown" : `${show.length} faces shown`;
  const areas = hide.length === 1 ? "1 area hidden by hand" : `${hide.length} areas hidden by hand`;
  const parts = [show.length && faces, hide.length && areas].filter(Boolean);
  return parts.length ? `${parts.join(", ")}.` : "No corrections.";
}
