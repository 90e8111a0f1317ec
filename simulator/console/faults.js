// The switches: rates as sliders, seconds as numbers, of all providers or of one.
import { find, make } from "./wire.js";
import { word } from "./words.js";

const percent = (value) => `${Math.round(value * 100)} %`;

function build(name, isRate, change) {
  const own = () => (find("scope").value ? `${find("scope").value}.${name}` : name);
  const id = `fault-${name}`;
  const input = isRate
    ? make("input", { type: "range", id, min: 0, max: 1, step: 0.05 })
    : make("input", { type: "number", id, step: "any", inputmode: "decimal" });
  const output = make("output", { for: id });
  input.addEventListener("input", () => { output.value = isRate ? percent(input.value) : ""; });
  input.addEventListener("change", () => change({ [own()]: Number(input.value) }));
  const free = make("button", { type: "button", title: word("as_all"), "aria-label": `${word(name)}: ${word("as_all")}`, onclick: () => change({ [own()]: null }) }, "×");
  return make("div", { class: "fault", "data-fault": name }, make("label", { for: id }, word(name)), input, output, free);
}

export function showFaults(choices, values, change) {
  const place = find("faults");
  const scope = find("scope").value;
  if (!place.children.length) {
    place.append(...choices.rates.map((name) => build(name, true, change)), ...choices.seconds.map((name) => build(name, false, change)));
  }
  for (const row of place.children) {
    const name = row.dataset.fault;
    const own = scope ? values[`${scope}.${name}`] : values[name];
    const value = own ?? values[name];
    const [input, output, free] = [row.querySelector("input"), row.querySelector("output"), row.querySelector("button")];
    if (document.activeElement !== input || input.type === "range") input.value = value;
    output.value = input.type === "range" ? percent(value) : "";
    row.classList.toggle("inherited", scope !== "" && own === undefined);
    row.classList.toggle("on", value !== 0 && name !== "min_interval");
    free.style.visibility = scope && own !== undefined ? "visible" : "hidden";
  }
}
