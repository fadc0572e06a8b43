/** Handles pointers over the picture: a mouse, a pen or one finger draws, moves and resizes rectangles; two fingers scroll. */

import { between, moved, resized } from "./correct-geometry.js";

// A shorter movement is a click.
const SLACK_PX = 6;

/**
 * Listens on the layer over the picture. `areas` has `boxOf(index)`; `preview(index, box)` and `commit(index, box)`, in
 * which the index of a new rectangle is undefined; `abort()`; and `tap(event)`, for a click outside all marks.
 */
export function onDrag(layer, stage, image, areas) {
  const pointers = new Map();
  let drag;

  const share = ({ clientX, clientY }) => {
    const { left, top, width, height } = layer.getBoundingClientRect();
    return { x: (clientX - left) / width, y: (clientY - top) / height };
  };

  function boxAt(event) {
    const end = share(event);
    const by = { across: end.x - drag.start.x, down: end.y - drag.start.y };
    if (drag.index === undefined) return between(drag.start, end, image);
    return (drag.isCorner ? resized : moved)(areas.boxOf(drag.index), by, image);
  }

  function abort() {
    if (drag?.hasBegun) areas.abort();
    drag = undefined;
  }

  function down(event) {
    if (event.button !== 0) return;
    pointers.set(event.pointerId, event);
    if (pointers.size > 1) {
      abort();
      return;
    }
    const area = event.target.closest(".area");
    drag = {
      start: share(event),
      from: event,
      index: area ? Number(area.dataset.index) : undefined,
      isCorner: event.target.matches(".corner"),
      isOnNothing: event.target === layer,
      hasBegun: false,
    };
    // The focus stays where it is, and so does the picture in its frame.
    if (drag.isOnNothing) event.preventDefault();
    if (!event.target.matches(".face")) layer.setPointerCapture(event.pointerId);
  }

  function move(event) {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    pointers.set(event.pointerId, event);
    if (pointers.size > 1) {
      // Each finger moves the picture by its share.
      stage.scrollLeft -= (event.clientX - before.clientX) / pointers.size;
      stage.scrollTop -= (event.clientY - before.clientY) / pointers.size;
      return;
    }
    if (!drag) return;
    const distance = Math.hypot(event.clientX - drag.from.clientX, event.clientY - drag.from.clientY);
    if (!drag.hasBegun && distance < SLACK_PX) return;
    // From here on, this is not a click on a face.
    if (!drag.hasBegun) layer.setPointerCapture(event.pointerId);
    drag.hasBegun = true;
    areas.preview(drag.index, boxAt(event));
  }

  function up(event) {
    pointers.delete(event.pointerId);
    if (drag?.hasBegun) areas.commit(drag.index, boxAt(event));
    else if (drag?.isOnNothing) areas.tap(event);
    drag = undefined;
  }

  layer.addEventListener("pointerdown", down);
  layer.addEventListener("pointermove", move);
  layer.addEventListener("pointerup", up);
  // The pointer was released outside the layer, or the browser has taken it over.
  layer.addEventListener("pointercancel", (event) => {
    pointers.delete(event.pointerId);
    abort();
  });
  layer.addEventListener("pointerleave", (event) => {
    if (!layer.hasPointerCapture(event.pointerId)) pointers.delete(event.pointerId);
    if (!pointers.size && !drag?.hasBegun) drag = undefined;
  });
}
