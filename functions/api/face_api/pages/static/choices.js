/** The choices for the next photos: a render that the service declares, and its options. */

import { getControls, getRenders, isDrawn, PREVIEW } from "./renders.js";

const KEY = "facecast.choices";

const form = document.getElementById("send");
let renders = [];
let controls = [];

/** Draws the choices, and restores the last choice made in this browser. */
export async function drawRenders() {
  if (renders.length) return;
  [renders, controls] = await Promise.all([getRenders(), getControls()]);
  form.querySelector(".choices").replaceChildren(...renders.map(choice));
  form.querySelector(".controls").replaceChildren(...controls.map(row));
  const { render, ...remembered } = read();
  const chosen = renders.some(({ name }) => name === render) ? render : renders[0].name;
  form.elements.render.value = chosen;
  for (const { name } of changing()) if (name in remembered) choose(form.elements[name], remembered[name]);
  form.querySelector("fieldset").classList.remove("undrawn");
  form.addEventListener("change", changed);
  showControls();
}

/** The options of a job, in the form of the API. */
export function chosenOptions() {
  const { render: name, ...given } = Object.fromEntries(new FormData(form));
  const render = renders.find((one) => one.name === name);
  const options = Object.entries(given).filter(([, value]) => value);
  return {
    // The page shows a preview of every photo; drawing it with the job is cheapest.
    render: isDrawn(render) ? [name, PREVIEW] : [name],
    ...(render.hides_faces ? { size: "original" } : {}),
    ...Object.fromEntries(options.map(([key, text]) => [key, valueOf(key, text)])),
  };
}

function choice({ name, label }) {
  const input = Object.assign(document.createElement("input"), { type: "radio", name: "render", value: name });
  const made = document.createElement("label");
  made.append(input, Object.assign(document.createElement("span"), { textContent: label }));
  return made;
}

function row({ name, label, choices }) {
  const field = Object.assign(document.createElement("select"), { name });
  field.append(...choices.map(option));
  const made = Object.assign(document.createElement("label"), { className: "row" });
  made.append(Object.assign(document.createElement("span"), { textContent: label }), field);
  return made;
}

/** The value null is the default, which is not sent. */
function option({ value, label }) {
  return new Option(label, value ?? "", value === null, value === null);
}

/** Converts the text of a field to the value of its option in the API. */
function valueOf(optionName, text) {
  const { choices } = controls.find(({ name }) => name === optionName);
  return choices.find(({ value }) => String(value) === text).value;
}

/** The controls that apply to some renders only. */
function changing() {
  return controls.filter(({ name }) => renders.some(({ options }) => options.includes(name)));
}

/** A field that is disabled is not sent. */
function showControls() {
  const render = renders.find(({ name }) => name === form.elements.render.value);
  for (const { name } of changing()) {
    const field = form.elements[name];
    field.disabled = field.closest(".row").hidden = !render.options.includes(name);
  }
  const size = render.hides_faces ? " The result is as large as the photo." : "";
  document.getElementById("about-render").textContent = render.description + size;
}

function changed() {
  showControls();
  const names = ["render", ...changing().map(({ name }) => name)];
  try {
    localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(names.map((name) => [name, form.elements[name].value]))));
  } catch {
    // This browser does not allow the page to store anything.
  }
}

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

/** An old value that the field no longer offers would leave the field empty. */
function choose(field, value) {
  if ([...field.options].some((offered) => offered.value === value)) field.value = value;
}
