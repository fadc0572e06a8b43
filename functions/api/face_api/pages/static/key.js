/** The key of this tab, where the service asks for one. It is kept for the tab's session alone, and never in an address. */

const NAME = "facecast-key";
const SCOPES = ["send", "read", "manage"];
const AND = new Intl.ListFormat("en", { type: "conjunction" });
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

// The dialog that is open, for all who wait for a key.
let waiting;
// What `GET /usage` says of the key; nothing where the service asks for none.
let holder;

const dialog = () => document.getElementById("key");

export function keyHeaders() {
  const key = sessionStorage.getItem(NAME);
  return key ? { Authorization: `Bearer ${key}` } : {};
}

export function setHolder(usage) {
  holder = usage;
}

export const getHolder = () => holder;

/** Whether the key has this scope; the service decides in the end. */
export const may = (scope) => !holder || holder.scopes.includes(scope);

/** Asks for a key, once for all who wait for one; `refused` says what was wrong with the one there was. */
export function askForKey(refused) {
  const had = sessionStorage.getItem(NAME);
  sessionStorage.removeItem(NAME);
  return show({ refused: had ? refused : "" });
}

/** Offers another key, or none. Whose results are shown changes with it, so the page starts anew. */
export async function changeKey() {
  if (await show({ canCancel: true })) location.reload();
}

function show(how) {
  waiting ??= open(how).finally(() => (waiting = undefined));
  return waiting;
}

/** Resolves to whether the key has changed. Without `canCancel` the dialog stays until there is a key. */
function open({ refused = "", canCancel = false }) {
  const find = (part) => dialog().querySelector(part);
  const input = find("input");
  const listening = new AbortController();
  find("#key-title").textContent = canCancel ? "Your key" : "This service asks for a key";
  find("#key-refused").textContent = refused;
  find("#key-refused").hidden = !refused;
  find("#key-now").textContent = canCancel ? describe(holder) : "";
  find("#key-now").hidden = !canCancel;
  find(".cancel").hidden = find(".forget").hidden = !canCancel;
  mark(input, refused);
  return new Promise((resolve) => {
    const on = (target, type, call) => target.addEventListener(type, call, { signal: listening.signal });
    const end = (isChanged) => {
      listening.abort();
      input.value = "";
      dialog().close();
      resolve(isChanged);
    };
    on(find("form"), "submit", (event) => {
      event.preventDefault();
      dispatchEvent(new Event("key-change"));
      sessionStorage.setItem(NAME, input.value.trim());
      end(true);
    });
    on(input, "input", () => mark(input, ""));
    on(find(".forget"), "click", () => {
      dispatchEvent(new Event("key-change"));
      sessionStorage.removeItem(NAME);
      end(true);
    });
    on(find(".cancel"), "click", () => end(false));
    on(dialog(), "cancel", (event) => {
      event.preventDefault();
      if (canCancel) end(false);
    });
    // Browsers close it all the same when the escape key is pressed twice.
    on(dialog(), "close", () => (canCancel ? end(false) : dialog().showModal()));
    dialog().showModal();
    input.focus();
  });
}

/** Tell assistive technology that the key was refused, and why. */
function mark(input, refused) {
  if (refused) {
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", "key-refused");
  } else {
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
  }
}

function describe({ owner, scopes, key_expires_at: expires, images, images_per_day: most }) {
  const until = expires ? ` until ${DATE.format(new Date(expires))}` : "";
  const sent = most ? `${images} of ${most} images today` : `${images} ${images === 1 ? "image" : "images"} today`;
  const allowed = AND.format(SCOPES.filter((scope) => scopes.includes(scope)));
  return `This tab uses a key of ${owner}, which may ${allowed}${until}. ${owner} has sent ${sent}.`;
}
