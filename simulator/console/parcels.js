// Parcels: found, looked at with their truth, and bent.
import { ask, find, make, options, when } from "./wire.js";
import { language, scenario, word } from "./words.js";

const narrow = matchMedia("(max-width: 40rem)");
let chosen = "";
let carriers = {};

export function setUpParcels(choices) {
  carriers = Object.fromEntries(choices.carriers.map((one) => [one.code, one.name]));
  options(find("scenario"), [["", `${word("scenario")}: ${word("any")}`], ...choices.scenarios.map((name) => [name, scenario(name)])], find("scenario").value);
  options(find("carrier"), [["", `${word("carrier")}: ${word("any")}`], ...Object.entries(carriers)], find("carrier").value);
  options(find("bend"), choices.bends.map((name) => [name, scenario(name)]), find("bend").value);
}

export async function listParcels() {
  const query = new URLSearchParams({ search: find("search").value.trim(), scenario: find("scenario").value, carrier: find("carrier").value, limit: narrow.matches ? 8 : 15 });
  const told = await ask(`parcels?${query}`);
  if (!told) return;
  find("found").textContent = word("shown", told.parcels.length, told.count.toLocaleString(language()));
  find("parcels").replaceChildren(
    ...told.parcels.map((one) => {
      const shipped = one.ship_at !== null;
      const number = make("button", { type: "button", class: "link", onclick: () => showParcel(one.waybill, true) }, shipped ? one.waybill : one.order);
      return make(
        "li",
        {},
        number,
        make("span", {}, carriers[one.actual_carrier]),
        make("span", {}, scenario(one.scenario)),
        make("span", { class: "quiet" }, one.ended_at ? `${word("delivered")} ${when(one.ended_at)}` : shipped ? word("open") : word("no_waybill")),
      );
    }),
  );
}

export async function showParcel(number = chosen, jump = false) {
  if (!number) return;
  const parcel = await ask(`parcels/${encodeURIComponent(number)}`);
  if (!parcel) return;
  chosen = number;
  find("parcel").hidden = false;
  find("parcel-h").textContent = `${word("parcel")} ${number} · ${scenario(parcel.scenario)}`;
  find("about").textContent = [
    carriers[parcel.actual_carrier],
    parcel.order,
    parcel.shop,
    `${word("tail")} ${parcel.phone_tail}`,
    `${word("promised")} ${when(parcel.promise_at)}`,
  ].join(" · ");
  find("scans").replaceChildren(
    ...parcel.scans.map((scan) =>
      make("li", { class: scan.known ? null : "future" }, make("time", { datetime: scan.at }, when(scan.at)), scan.text, scan.known ? "" : ` (${word("not_yet")})`),
    ),
  );
  if (!parcel.scans.length) find("scans").append(make("li", { class: "future" }, word("none")));
  if (jump) find("parcel").scrollIntoView({ behavior: "smooth", block: "start" });
}

async function bend(name) {
  if (chosen && (await ask(`parcels/${encodeURIComponent(chosen)}`, { scenario: name }))) await Promise.all([showParcel(), listParcels()]);
}

let pause;
find("search").addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(listParcels, 250);
});
find("find").addEventListener("submit", (event) => {
  event.preventDefault();
  listParcels();
});
for (const id of ["scenario", "carrier"]) find(id).addEventListener("change", listParcels);
find("bend-now").addEventListener("click", () => bend(find("bend").value));
find("lose").addEventListener("click", () => bend("lost"));
find("call-back").addEventListener("click", () => bend("intercepted"));
