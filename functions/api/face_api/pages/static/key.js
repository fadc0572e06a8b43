/** The key of this tab, if the service requires one. It is kept only until the tab is closed, and never in a URL. */

const NAME = "facecast-key";
const SCOPES = ["send", "read", "manage"];
const AND = new Intl.ListFormat("en", { type: "conjunction" });
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

// The open dialog, shared by all callers that wait for a key.
let waiting;
// The response of `GET /usage` for this key; undefined if the service does not require one.
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

/** Whether the key has this scope; the service checks it again. */
export const may = (scope) => !holder || holder.scopes.includes(scope);

/** Asks for a key, only once for all callers; `refused` explains why the last one was refused. */
export function askForKey(refused) {
  const had = sessionStorage.getItem(NAME);
  sessionStorage.removeItem(NAME);
  return show({ refused: had ? refused : "" });
}

/** Lets the user change or forget the key. The page reloads, because other results become visible. */
export async function changeKey() {
  if (await show({ canCancel: true })) location.reload();
}

function show(dialogOptions) {
  waiting ??= open(dialogOptions).finally(() => (waiting = undefined));
  return waiting;
}

/** Resolves to whether the key has changed. Without `canCancel`, the dialog stays open until there is a key. */
function open({ refused = "", canCancel = false }) {
  const find = (part) => dialog().querySelector(part);
  const input = find("input");
  const listening = new AbortController();
  find("#key-title").textContent = canCancel ? "Your key" : "This service requires a key";
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
    // Browsers close the dialog anyway when Escape is pressed twice.
    on(dialog(), "close", () => (canCancel ? end(false) : dialog().showModal()));
    dialog().showModal();
    input.focus();
  });
}

/** Announces to assistive technology why the key was refused. */
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
  const until = expires ? `, until ${DATE.format(new Date(expires))}` : "";
  const sent = most ? `${images} of ${most} images today` : `${images} ${images === 1 ? "image" : "images"} today`;
  const allowed = AND.format(SCOPES.filter((scope) => scopes.includes(scope)));
  return `This tab uses one of ${owner}'s keys. Its permissions: ${allowed}${until}. ${owner} has sent ${sent}.`;
}
