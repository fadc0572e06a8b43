/** Rectangles in whole pixels of the upright photo, always inside it. */

const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

/** The rectangle between two corners, given as fractions of the photo's width and height. */
export function between(one, other, { width, height }) {
  const [left, right] = [one.x, other.x].map((x) => clamp(x, 0, 1) * width).sort((a, b) => a - b);
  const [top, bottom] = [one.y, other.y].map((y) => clamp(y, 0, 1) * height).sort((a, b) => a - b);
  return inside({ x: left, y: top, width: right - left, height: bottom - top }, { width, height });
}

/** Rounded outwards, so that everything selected is covered. */
function inside({ x, y, width, height }, image) {
  const left = clamp(Math.floor(x), 0, image.width - 1);
  const top = clamp(Math.floor(y), 0, image.height - 1);
  return {
    x: left,
    y: top,
    width: clamp(Math.ceil(x + width), left + 1, image.width) - left,
    height: clamp(Math.ceil(y + height), top + 1, image.height) - top,
  };
}

/** Moved by a fraction of the photo, up to its edge. */
export function moved(box, { across, down }, image) {
  return {
    ...box,
    x: clamp(Math.round(box.x + across * image.width), 0, Math.max(0, image.width - box.width)),
    y: clamp(Math.round(box.y + down * image.height), 0, Math.max(0, image.height - box.height)),
  };
}

/** Resized: its lower right corner moves by a fraction of the photo. */
export function resized(box, { across, down }, image) {
  return inside(
    {
      ...box,
      width: Math.max(1, Math.round(box.width + across * image.width)),
      height: Math.max(1, Math.round(box.height + down * image.height)),
    },
    image,
  );
}

/** A rectangle as fractions of the photo's width and height. */
export function ratioOf({ x, y, width, height }, image) {
  return {
    left: x / image.width,
    top: y / image.height,
    width: width / image.width,
    height: height / image.height,
  };
}
