/** The markup of the view of one result. */

export const template = `
  <header>
    <h2 id="result-title" tabindex="-1">Result</h2>
    <span class="place" role="status"></span>
    <button type="button" class="previous" aria-label="Previous photo" aria-keyshortcuts="ArrowLeft">‹</button>
    <button type="button" class="next" aria-label="Next photo" aria-keyshortcuts="ArrowRight">›</button>
    <button type="button" class="close" aria-label="Close">✕</button>
  </header>
  <p class="problem" role="alert" hidden></p>
  <div class="view">
    <div class="left">
      <div class="stage" tabindex="0" role="region" aria-label="Picture; scroll to move it when enlarged">
        <div class="canvas">
          <img class="before" alt=""><img class="after" alt="">
          <div class="boxes" aria-hidden="true"></div>
          <div class="divider" aria-hidden="true" hidden></div>
        </div>
      </div>
      <div class="tools">
        <fieldset class="choices"><legend class="unseen">How the faces are shown</legend></fieldset>
        <fieldset class="correcting"><legend class="unseen">Corrections</legend>
          <button type="button" class="add" aria-keyshortcuts="n">Hide an area</button>
          <button type="button" class="remove" aria-keyshortcuts="Delete">Remove area</button>
          <button type="button" class="undo" aria-keyshortcuts="Control+Z Meta+Z">Undo</button>
        </fieldset>
        <span class="zoom">
          <button type="button" class="out" aria-label="Zoom out">−</button>
          <output>100 %</output>
          <button type="button" class="in" aria-label="Zoom in">+</button>
        </span>
      </div>
      <div class="row hiding">
        <label class="row compare" hidden>
          <span>Before</span> <input type="range" min="0" max="100" value="0" aria-label="How much of the original photo is shown">
          <span>After</span>
        </label>
        <button type="button" class="correct" aria-keyshortcuts="c" hidden>Correct</button>
      </div>
      <p class="correcting ends">
        <button type="button" class="cancel" aria-keyshortcuts="Escape">Cancel</button>
        <button type="button" class="save" aria-keyshortcuts="Control+S Meta+S">Save</button>
      </p>
    </div>
    <div class="right">
      <div class="help">
        <p class="corrections" role="status"></p>
        <p>Select a face to show it, and again to hide it. Draw a rectangle on the picture to hide what was missed.</p>
        <p>Drag an area to move it, or drag its corner to resize it.</p>
        <p class="with-pointer">Keyboard: Tab to a face or an area, Enter to show or hide a face, N for a new area, arrow keys to move it and
          with Shift to resize it, Delete to remove it, Ctrl+Z to undo, Ctrl+S to save, Esc to cancel.</p>
      </div>
      <label class="threshold"><span>Minimum confidence <output></output></span> <input type="range" min="0" max="100"></label>
      <p class="count" role="status"></p>
      <ol class="faces"></ol>
      <p class="size"></p>
      <label class="reviewed tick"><input type="checkbox" aria-keyshortcuts="r"> Reviewed</label>
      <p class="actions">
        <button type="button" class="download">Download</button>
        <button type="button" class="delete">Delete</button>
        <button type="button" class="copy-json">Copy JSON</button>
        <button type="button" class="copy-curl">Copy curl</button>
      </p>
    </div>
  </div>`;

/** Gives the canvas the shape of this picture, and shows its size. */
export function frame(dialog, { width, height }, { naturalWidth, naturalHeight }) {
  const find = (selector) => dialog.querySelector(selector);
  const isWhole = naturalWidth === width && naturalHeight === height;
  const inPixels = (across, down) => `${across.toLocaleString()} × ${down.toLocaleString()} px`;
  find(".canvas").style.aspectRatio = `${naturalWidth} / ${naturalHeight}`;
  find(".canvas").style.setProperty("--ratio", naturalWidth / naturalHeight);
  find(".size").textContent =
    inPixels(naturalWidth, naturalHeight) +
    (isWhole ? ", as large as the photo" : ` (original: ${inPixels(width, height)})`);
}
