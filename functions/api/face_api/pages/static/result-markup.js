/** What the view of one result is made of. */

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
        <span class="zoom">
          <button type="button" class="out" aria-label="Zoom out">−</button>
          <output>100 %</output>
          <button type="button" class="in" aria-label="Zoom in">+</button>
        </span>
      </div>
      <label class="row compare" hidden>
        <span>Before</span> <input type="range" min="0" max="100" value="0" aria-label="Where the photo is as it was before">
        <span>After</span>
      </label>
    </div>
    <div class="right">
      <label class="threshold"><span>Faces from <output></output> confidence</span> <input type="range" min="0" max="100"></label>
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
