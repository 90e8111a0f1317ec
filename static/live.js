/* Open pages keep up: numbers are put in place, changed rows too, rows that left say why, and what arrived waits for a click.
   Nothing moves under the pointer. One question every 8 s, none from a hidden tab, fewer when the server is in trouble. */
"use strict";
(() => {
  const rail = document.getElementById("rail");
  if (!rail || !rail.dataset.pulse) return;
  const EVERY = 8000;
  const PAGE = 50;
  const SLOWEST = 120000;
  const IDLE = 60000;
  const SAY_EVERY = 30000;
  const started = document.body.dataset.now;
  const skew = Date.parse(started) - Date.now();
  const zone = /([+-])(\d\d):(\d\d)$/.exec(started);
  const offset = zone ? (zone[1] === "-" ? -1 : 1) * (60 * zone[2] + +zone[3]) * 60000 : 0;
  const list = () => document.getElementById("list");
  const rows = () => [...document.querySelectorAll("tr[data-case]:not(.is-gone)")];
  let token = "";
  let asked = 0;
  let touched = Date.now();
  let said = Date.now();
  let failures = 0;
  let timer = 0;
  let asking = null;

  function wait(pause) {
    clearTimeout(timer);
    // A fifth more or less: desks opened together do not ask together.
    timer = setTimeout(ask, pause * (0.8 + 0.4 * Math.random()));
  }
  function address() {
    const here = list();
    const query = new URLSearchParams(here ? here.dataset.list : "");
    query.set("token", token);
    if (here) {
      query.set("list", "");
      if (document.querySelectorAll("tr[data-case]").length >= PAGE) query.set("more", "");
      query.set("seen", rows().map((row) => `${row.dataset.case}-${row.dataset.mark}`).join("."));
    }
    return `${rail.dataset.pulse}?${query}`;
  }
  async function ask() {
    clearTimeout(timer);
    if (document.hidden || asking) return;
    asked = Date.now();
    const whole = list();
    asking = new AbortController();
    const limit = setTimeout(() => asking.abort(), 15000);
    try {
      const answer = await fetch(address(), { signal: asking.signal, headers: { "X-Requested-With": "fetch" } });
      // The session is over, or the person works here no more.
      if (answer.redirected || answer.status === 403) return location.reload();
      if (!answer.ok) throw new Error(answer.status);
      failures = 0;
      const news = answer.status === 204 ? null : await answer.json();
      // Meanwhile the list was replaced, or an act is on its way: what was asked is not what is shown.
      if (list() === whole && !document.querySelector("#list.htmx-request, #bulk.htmx-request")) {
        if (news) show(news);
        freshen();
      }
    } catch {
      failures += 1;
    } finally {
      clearTimeout(limit);
      asking = null;
      wait(Math.min(EVERY * 2 ** failures, SLOWEST));
    }
  }
  function show(news) {
    token = news.token;
    for (const [id, text] of Object.entries(news.texts)) {
      const element = document.getElementById(id);
      const place = element && (element.querySelector(".n") || element);
      if (place && place.textContent !== String(text)) place.textContent = text;
      if (place && "hot" in place.dataset) place.classList.toggle("hot", text > 0);
    }
    if (!("arrived" in news)) return;
    for (const [id, html] of Object.entries(news.rows)) redraw(document.getElementById(`case-${id}`), html);
    for (const [id, why] of Object.entries(news.gone)) leave(document.getElementById(`case-${id}`), why);
    const button = document.getElementById("arrivals");
    if (button) {
      button.hidden = !news.arrivals;
      button.textContent = news.arrivals;
    }
    if ((news.arrived || Object.keys(news.gone).length) && Date.now() - said > SAY_EVERY) {
      said = Date.now();
      document.getElementById("said").textContent = news.said;
    }
    const busy = document.querySelector("#list tr.is-picked, #list details[open], dialog[open]");
    if (Date.now() - touched > IDLE && !busy && (news.arrived || rows().length === 0)) refresh();
  }
  // Cell by cell, so that the tick in the box, the focus and the cursor stay.
  function redraw(row, html) {
    if (!row) return;
    const holder = document.createElement("template");
    holder.innerHTML = `<table><tbody>${html}</tbody></table>`;
    const fresh = holder.content.querySelector("tr");
    [...row.cells].forEach((cell, n) => {
      const other = fresh.cells[n];
      if (!other || cell.matches(".pick") || cell.contains(document.activeElement)) return;
      if (cell.innerHTML !== other.innerHTML) cell.innerHTML = other.innerHTML;
    });
    row.dataset.mark = fresh.dataset.mark;
    htmx.process(row);
  }
  function leave(row, why) {
    if (!row) return;
    row.classList.add("is-gone");
    const box = row.querySelector('input[name="case"]');
    if (box) {
      box.checked = false;
      box.dispatchEvent(new Event("change", { bubbles: true }));
      box.disabled = true;
    }
    row.querySelector(".line2").textContent = why;
  }
  function freshen() {
    const line = document.querySelector("#list .fresh");
    const clock = new Date(Date.now() + skew + offset).toISOString().slice(11, 19);
    if (line) line.textContent = line.textContent.replace(/\d\d:\d\d:\d\d/, clock);
  }
  function refresh() {
    document.body.dispatchEvent(new Event("refresh-list"));
  }

  document.addEventListener("click", (event) => {
    if (event.target.id === "arrivals") refresh();
  });
  for (const name of ["pointermove", "pointerdown", "keydown", "scroll", "focusin"]) {
    document.addEventListener(name, () => { touched = Date.now(); }, { passive: true, capture: true });
  }
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "list") return;
    token = "";
    const button = document.getElementById("arrivals");
    if (button) button.hidden = true;
  });
  const catchUp = () => { if (!document.hidden && Date.now() - asked > 2000) ask(); };
  document.addEventListener("visibilitychange", catchUp);
  window.addEventListener("focus", catchUp);
  window.addEventListener("online", catchUp);
  document.addEventListener("pulse", ask);
  wait(EVERY);
})();
