// The controls of the simulator over HTTP, and the making of elements.
import { word } from "./words.js";

export const find = (id) => document.getElementById(id);

export function complain(text) {
  const place = find("trouble");
  place.textContent = text ?? "";
  place.hidden = !text;
}

export async function ask(path, values) {
  const options = values === undefined ? {} : { method: "POST", body: JSON.stringify(values) };
  let answer;
  try {
    answer = await (await fetch(`/control/${path}`, options)).json();
  } catch {
    complain(word("unreachable"));
    return null;
  }
  complain(answer.error);
  return answer.error ? null : answer;
}

export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.map((child) => (child instanceof Node ? child : String(child ?? ""))));
  return made;
}

export function options(select, pairs, chosen) {
  select.replaceChildren(...pairs.map(([value, text]) => make("option", { value }, text)));
  if (pairs.some(([value]) => value === chosen)) select.value = chosen;
}

const clock = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "medium" });

export const when = (iso) => (iso ? clock.format(new Date(iso)) : "");
