/** The key of this tab, where the service asks for one. It is kept for the tab's session alone, and never in an address. */

const NAME = "facecast-key";
let waiting;

const dialog = () => document.getElementById("key");

export function keyHeaders() {
  const key = sessionStorage.getItem(NAME);
  return key ? { Authorization: `Bearer ${key}` } : {};
}

/** Asks for a key, once for all who wait for one; `refused` says what was wrong with the one there was. */
export function askForKey(refused) {
  const had = sessionStorage.getItem(NAME);
  sessionStorage.removeItem(NAME);
  waiting ??= new Promise((resolve) => {
    const [form, input, why] = ["form", "input", "#key-refused"].map((part) => dialog().querySelector(part));
    why.textContent = had ? refused : "";
    why.hidden = !why.textContent;
    const submit = (event) => {
      event.preventDefault();
      sessionStorage.setItem(NAME, input.value.trim());
      input.value = "";
      form.removeEventListener("submit", submit);
      dialog().close();
      waiting = undefined;
      resolve();
    };
    form.addEventListener("submit", submit);
    // Nothing can be done without a key, so it cannot be closed without one.
    dialog().oncancel = (event) => event.preventDefault();
    dialog().onclose = () => waiting && dialog().showModal();
    dialog().showModal();
  });
  return waiting;
}
