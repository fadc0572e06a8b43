/** Receives photos that are chosen, dropped anywhere on the page, or pasted. */

export function onPhotos(call) {
  const field = document.getElementById("photos");
  const hand = (files) => files.length && call([...files]);

  field.addEventListener("change", () => {
    hand(field.files);
    // Allows the user to choose the same file again.
    field.value = "";
  });
  document.addEventListener("paste", (event) => hand(event.clipboardData.files));
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    hand(event.dataTransfer.files);
  });
}
