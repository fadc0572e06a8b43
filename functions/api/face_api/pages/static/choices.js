/** The choices for the next photos: one of the renders that the service declares, and its options. */

import { getRenders, isDrawn, PREVIEW } from "./renders.js";

const KEY = "facecast.choices";

const form = document.getElementById("send");
let renders = [];

/** Draws the choices, and restores the last choice made in this browser. */
export async function drawRenders() {
  if (renders.length) return;
  renders = await getRenders();
  form.querySelector(".choices").replaceChildren(...renders.map(choice));
  const { render, ...remembered } = read();
  const chosen = renders.some(({ name }) => name === render) ? render : renders[0].name;
  form.elements.render.value = chosen;
  for (const name of optionNames()) if (name in remembered) choose(form.elements[name], remembered[name]);
  form.querySelector("fieldset").classList.remove("undrawn");
  form.addEventListener("change", changed);
  showOptions();
}

/** The options of a job, as the API takes them. */
export function chosenOptions() {
  const { render: name, ...given } = Object.fromEntries(new FormData(form));
  const render = renders.find((one) => one.name === name);
  const options = Object.entries(given).filter(([, value]) => value);
  return {
    // The page shows a preview of every photo; drawing it with the job is cheapest.
    render: isDrawn(render) ? [name, PREVIEW] : [name],
    ...(render.hides_faces ? { size: "original" } : {}),
    ...Object.fromEntries(options.map(([key, value]) => [key, Number.isNaN(Number(value)) ? value : Number(value)])),
  };
}

function choice({ name, label }) {
  const input = Object.assign(document.createElement("input"), { type: "radio", name: "render", value: name });
  const made = document.createElement("label");
  made.append(input, Object.assign(document.createElement("span"), { textContent: label }));
  return made;
}

/** The options that apply to some renders only and have a field on this page. */
function optionNames() {
  const names = new Set(renders.flatMap(({ options }) => options));
  return [...names].filter((name) => form.elements[name]);
}

/** A field that is disabled is not sent. */
function showOptions() {
  const render = renders.find(({ name }) => name === form.elements.render.value);
  for (const name of optionNames()) {
    const field = form.elements[name];
    field.disabled = field.closest(".row").hidden = !render.options.includes(name);
  }
  const size = render.hides_faces ? " The result is as large as the photo." : "";
  document.getElementById("about-render").textContent = render.description + size;
}

function changed() {
  showOptions();
  const names = ["render", ...optionNames()];
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

/** A value that the field no longer offers would leave it empty. */
function choose(field, value) {
  if ([...field.options].some((option) => option.value === value)) field.value = value;
}
