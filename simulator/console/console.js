// The page itself: what is watched is asked for every two seconds while somebody looks.
import { showFaults } from "./faults.js";
import { listParcels, setUpParcels, showParcel } from "./parcels.js";
import { ask, find, make, options, when } from "./wire.js";
import { label, language, scenario, turn, word } from "./words.js";

const SPEEDS = [0, 1, 60, 600, 3600];
const JUMPS = [1, 6, 24];
const EVERY = 2000;
let choices, state;

const sum = (pushes) => (pushes.acknowledged ?? 0) + (pushes.refused ?? 0);

async function watch() {
  const told = await ask("state");
  if (!told) return;
  state = told;
  find("now").textContent = when(state.now);
  find("where").textContent = `${word("shanghai")} · ${state.public_url || location.origin}`;
  for (const button of find("speeds").children) button.setAttribute("aria-pressed", Number(button.value) === state.speed);
  showSums();
  showScenarios();
  showProviders();
  showFaults(choices, state.faults, change);
  find("addresses").replaceChildren(
    ...Object.entries(state.callbacks).map(([code, url]) => make("li", {}, `${word(code)}: ${url}`)),
  );
}

function showSums() {
  const sums = [
    ["orders", state.orders],
    ["followed", state.subscriptions.active],
    ["finished", state.subscriptions.finished],
    ["pushed", sum(state.pushes)],
    ["acknowledged", state.pushes.acknowledged ?? 0],
    ["refused", state.pushes.refused ?? 0],
    ["dropped", state.pushes.dropped ?? 0],
    ["lost", state.pushes.lost ?? 0],
  ];
  find("sums").replaceChildren(
    ...sums.map(([name, value]) => make("div", {}, make("dt", {}, word(name)), make("dd", {}, value.toLocaleString(language())))),
  );
}

function showScenarios() {
  const chosen = find("scenario").value;
  const counted = Object.entries(state.scenarios).map(([name, count]) => {
    const pick = () => {
      find("scenario").value = chosen === name ? "" : name;
      listParcels();
      watch();
    };
    return make("button", { type: "button", "aria-pressed": String(chosen === name), onclick: pick }, `${scenario(name)} `, make("b", {}, count));
  });
  const focused = [...find("scenarios").children].indexOf(document.activeElement);
  find("scenarios").replaceChildren(...counted);
  find("scenarios").children[focused]?.focus();
}

function showProviders() {
  const rows = Object.entries(state.providers).map(([code, one]) => {
    const down = (state.faults[`${code}.outage`] ?? state.faults.outage) > 0;
    const flip = () => change({ [`${code}.outage`]: down ? (state.faults.outage > 0 ? 0 : null) : 1 });
    const numbers = [one.per_second.toFixed(1), one.served, one.following, sum(one.pushes), one.pushes.acknowledged ?? 0, one.pushes.refused ?? 0, one.pushes.dropped ?? 0];
    const button = make("button", { type: "button", "aria-pressed": String(down), onclick: flip }, word(down ? "bring_back" : "take_down"));
    return make(
      "tr",
      {},
      make("th", { scope: "row", class: down ? "down" : null }, word(code)),
      make("td", {}, button),
      ...numbers.map((value) => make("td", { class: "number" }, typeof value === "number" ? value.toLocaleString(language()) : value)),
    );
  });
  const focused = [...find("providers").children].findIndex((row) => row.contains(document.activeElement));
  find("providers").replaceChildren(...rows);
  find("providers").children[focused]?.querySelector("button").focus();
}

async function change(values) {
  if (await ask("faults", values)) await watch();
}

async function moveTime(values) {
  if (await ask("time", values)) await Promise.all([watch(), listParcels(), showParcel()]);
}

async function strike(crisis) {
  const told = await ask("crises", { crisis });
  if (!told) return;
  find("struck").textContent = word("struck", word(crisis), told.waiting);
  await Promise.all([watch(), showHubs(), showParcel()]);
}

async function showHubs(told) {
  const hubs = told ?? (await ask("hubs"));
  if (!hubs) return;
  find("still").replaceChildren(...hubs.still.map((one) => make("li", {}, word("still_until", one.city, when(one.until)))));
}

// What is made once, and again when the language changes.
function setUp() {
  label(document);
  find("language").textContent = word("language");
  document.title = word("title");
  find("speeds").replaceChildren(
    ...SPEEDS.map((speed) => {
      const text = speed === 0 ? word("frozen") : speed === 1 ? word("real") : `${speed}×`;
      return make("button", { type: "button", value: speed, onclick: () => moveTime({ speed }) }, text);
    }),
  );
  find("jumps").replaceChildren(
    ...JUMPS.map((hours) => make("button", { type: "button", onclick: () => moveTime({ advance_hours: hours }) }, `+${hours} ${word("h")}`)),
  );
  const providers = choices.providers.map((code) => [code, word(code)]);
  options(find("scope"), [["", word("everybody")], ...providers], find("scope").value);
  options(find("account"), providers, find("account").value);
  options(find("city"), choices.cities.map((name) => [name, name]), find("city").value);
  find("crises").replaceChildren(
    ...choices.crises.map((name) => make("button", { type: "button", onclick: () => strike(name) }, word(name))),
  );
  setUpParcels(choices);
  find("faults").replaceChildren();
}

find("language").addEventListener("click", () => {
  turn();
  setUp();
  watch();
  listParcels();
  showParcel();
  showHubs();
});
find("scope").addEventListener("change", () => {
  find("faults").replaceChildren();
  showFaults(choices, state.faults, change);
});
find("calm").addEventListener("click", () => {
  const scope = find("scope").value;
  const own = (name) => (scope ? `${scope}.${name}` : name);
  change(Object.fromEntries([...choices.rates, ...choices.seconds].filter((name) => name !== "min_interval").map((name) => [own(name), scope ? null : 0])));
});
find("slow").addEventListener("submit", async (event) => {
  event.preventDefault();
  const city = find("city").value;
  const told = await ask("hubs", { city, hours: Number(find("hours").value) });
  if (!told) return;
  await Promise.all([showHubs(told), showParcel()]);
  find("still").prepend(make("li", { class: "quiet" }, word("waiting", told.waiting, city)));
});
find("call").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (await ask("callbacks", { [find("account").value]: find("address").value })) watch();
});

choices = await ask("choices");
if (choices) {
  setUp();
  await Promise.all([watch(), listParcels(), showHubs()]);
  setInterval(() => document.hidden || watch(), EVERY);
}
