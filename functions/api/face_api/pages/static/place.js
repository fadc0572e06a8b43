/** Places an element over a picture; the rectangle is in fractions of the picture's width and height. */
export function place(element, { left, top, width, height }) {
  for (const [name, share] of Object.entries({ left, top, width, height })) element.style[name] = `${share * 100}%`;
}
