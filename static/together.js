/* Two things at one case: who else is here, and names behind an @. Without this file nothing is lost but the news. */
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const BEAT = 10000;
  const headers = () => JSON.parse(document.body.getAttribute("hx-headers"));

  /* Case page: a beat every ten seconds, and at once when somebody begins to write or stops */
  let last = "";
  const typed = () =>
    [...document.querySelectorAll("#case textarea, #case input[type=text]")].some((field) => field.value !== field.defaultValue);
  async function beat(mode) {
    const here = $("#here");
    if (!here) return;
    last = mode;
    try {
      const answer = await fetch(here.dataset.beat, { method: "POST", headers: headers(), body: new URLSearchParams({ mode }) });
      const fresh = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("here");
      const now = $("#here");
      if (fresh && now && fresh.innerHTML !== now.innerHTML) now.replaceChildren(...fresh.childNodes);
    } catch {
      /* the next beat tries again */
    }
  }
  const mode = () => (typed() ? "edit" : "view");
  if ($("#here")) {
    beat("view");
    setInterval(() => document.hidden || beat(mode()), BEAT);
    document.addEventListener("input", () => mode() !== last && beat(mode()));
    document.addEventListener("htmx:afterSettle", () => mode() !== last && beat(mode()));
    document.addEventListener("visibilitychange", () => beat(document.hidden ? "gone" : mode()));
    addEventListener("pagehide", () => {
      const body = new URLSearchParams({ mode: "gone" });
      fetch($("#here").dataset.beat, { method: "POST", headers: headers(), body, keepalive: true }).catch(() => {});
    });
  }

  /* Desk: initials of those who are at a row's case, one call for the page */
  let seen = {};
  function mark() {
    for (const row of document.querySelectorAll("tr[data-case]")) {
      const people = seen[row.dataset.case] || [];
      const old = $(".at-it", row);
      const text = people.map((one) => (one.edits ? `✎${one.initial}` : one.initial)).join(" ");
      if (old && old.textContent === text) continue;
      if (old) old.remove();
      if (!text) continue;
      const badge = document.createElement("span");
      badge.className = `badge at-it ${people.some((one) => one.edits) ? "soon" : "calm"}`;
      badge.title = people.map((one) => one.name).join(", ");
      badge.textContent = text;
      $(".what p", row).append(" ", badge);
    }
  }
  async function ask() {
    const rows = [...document.querySelectorAll("tr[data-case]")];
    if (!rows.length || document.hidden) return;
    try {
      const query = new URLSearchParams(rows.map((row) => ["case", row.dataset.case]));
      const answer = await fetch(`/desk/presence/?${query}`);
      if (answer.ok) seen = (await answer.json()).cases;
    } catch {
      seen = {};
    }
    mark();
  }
  if ($("#list tr[data-case]") || $("#bulk")) {
    ask();
    setInterval(ask, BEAT);
    document.addEventListener("htmx:afterSettle", mark);
  }

  /* @: names of those who may see the case, asked for at the first @ */
  let names = null;
  const box = document.createElement("div");
  box.className = "row names";
  box.setAttribute("role", "listbox");
  async function complete(field) {
    const typedName = () => field.value.slice(0, field.selectionStart).match(/[@＠]([^\s@＠]{0,20})$/);
    if (!typedName()) return box.remove();
    if (!names) {
      const answer = await fetch(`/api/cases/${$("#here").dataset.beat.match(/\d+/)[0]}/people/`).catch(() => null);
      names = answer && answer.ok ? (await answer.json()).people : [];
    }
    // What was typed while they were asked for counts.
    const at = typedName();
    if (!at) return box.remove();
    const asked = at[1].toLowerCase();
    const fit = names.filter((one) => one.username.toLowerCase().startsWith(asked) || one.name.toLowerCase().startsWith(asked));
    if (!fit.length) return box.remove();
    box.replaceChildren(
      ...fit.slice(0, 6).map((one) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "chip";
        button.setAttribute("role", "option");
        button.textContent = one.name;
        button.addEventListener("click", () => {
          field.setRangeText(`@${one.name} `, field.selectionStart - at[1].length - 1, field.selectionStart, "end");
          box.remove();
          field.focus();
        });
        return button;
      }),
    );
    field.after(box);
  }
  document.addEventListener("input", (event) => {
    if (event.target.matches("#case textarea")) complete(event.target);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") box.remove();
    if (event.key === "Tab" && !event.shiftKey && box.isConnected && event.target.matches("textarea")) {
      event.preventDefault();
      $("button", box).click();
    }
  });

  /* A picture that is pasted or dropped goes to the form of files */
  function keep(files) {
    const input = $("#attach-file");
    if (!input || !files.length) return false;
    const all = new DataTransfer();
    for (const file of [...input.files, ...files]) all.items.add(file);
    input.files = all.files;
    input.closest("details").open = true;
    input.closest("section").scrollIntoView({ block: "nearest" });
    return true;
  }
  document.addEventListener("paste", (event) => keep(event.clipboardData.files) && event.preventDefault());
  document.addEventListener("dragover", (event) => {
    if ($("#attach-file") && event.dataTransfer.types.includes("Files")) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (event.dataTransfer.files.length && !event.target.matches("input[type=file]") && keep(event.dataTransfer.files)) event.preventDefault();
  });
})();
