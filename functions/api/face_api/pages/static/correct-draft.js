/** Corrections that are being edited: rectangles to hide, faces to show, and the undo steps. */

const text = (one) => JSON.stringify(one);
const without = (list, others) => list.filter((one) => !others.some((other) => text(other) === text(one)));
const inOrder = (numbers) => numbers.sort((one, other) => one - other);
const together = (list, others) => [...list, ...without(others, list)];

/** Starts from the saved corrections. */
export function makeDraft({ hide, show }) {
  let saved = { hide, show };
  let current = saved;
  let steps = [];

  function put(next) {
    steps.push(current);
    current = next;
  }

  return {
    /** The corrections in the form in which they are saved: `{hide, show}`. */
    get value() {
      return current;
    },
    isShown: (face) => current.show.includes(face),
    wasShown: (face) => saved.show.includes(face),
    isChanged: () => text(current) !== text(saved),
    canUndo: () => steps.length > 0,
    toggle(face) {
      const { show: shown } = current;
      put({ ...current, show: inOrder(shown.includes(face) ? without(shown, [face]) : [...shown, face]) });
    },
    add: (box) => put({ ...current, hide: [...current.hide, box] }),
    /** Holding down a key counts as one step. */
    replace(index, box, isSameStep = false) {
      const next = { ...current, hide: current.hide.with(index, box) };
      if (isSameStep) current = next;
      else put(next);
    },
    remove: (index) => put({ ...current, hide: current.hide.toSpliced(index, 1) }),
    undo() {
      current = steps.pop() ?? current;
    },
    /** Applies the changes made here to corrections that someone else has saved. */
    rebase({ hide: theirs, show: theirFaces }) {
      const merged = (list, before, after) => together(without(list, without(before, after)), without(after, before));
      current = {
        hide: merged(theirs, saved.hide, current.hide),
        show: inOrder(merged(theirFaces, saved.show, current.show)),
      };
      saved = { hide: theirs, show: theirFaces };
      steps = [];
    },
  };
}
