/* What pages need beyond links and forms. Everything here has a way without it; single keys are off with body.no-keys. */
"use strict";
(() => {
  const body = document.body;
  const words = JSON.parse(body.dataset.words);
  const skew = Date.parse(body.dataset.now) - Date.now();
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const visible = (element) => element.getClientRects().length > 0;
  const fill = (pattern, values) => pattern.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  /* Time: the same words as shipops/kit/times.py */
  function spell(milliseconds) {
    const minutes = Math.floor(Math.abs(milliseconds) / 60000);
    if (minutes < 60) return fill(words.m, { m: minutes });
    if (minutes < 2880) return fill(words.hm, { h: Math.floor(minutes / 60), m: String(minutes % 60).padStart(2, "0") });
    return fill(words.dh, { d: Math.floor(minutes / 1440), h: Math.floor((minutes % 1440) / 60) });
  }
  function tick() {
    const now = Date.now() + skew;
    for (const element of $$("[data-due]")) {
      const due = Date.parse(element.dataset.due);
      if (element.localName === "progress") {
        const start = Date.parse(element.dataset.start);
        element.value = due > start ? Math.min(100, Math.max(0, Math.floor((100 * (now - start)) / (due - start)))) : 100;
      } else {
        const text = fill(due > now ? words.left : words.over, { t: spell(due - now) });
        if (element.textContent !== text) element.textContent = text;
      }
    }
  }
  setInterval(tick, 10000);

  /* Clicks that are not links: a row, a menu left open, an action opened from the sticky bar */
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    const target = opener && document.getElementById(opener.dataset.open);
    if (target) {
      event.preventDefault();
      reveal(target);
    }
    const copier = event.target.closest("[data-copy]");
    if (copier) {
      const field = document.getElementById(copier.dataset.copy);
      field.select();
      navigator.clipboard.writeText(field.value).then(() => { $("span", copier).textContent = copier.dataset.copied; });
    }
    if (event.target.closest('[data-act="help"]')) page.help();
    for (const menu of $$("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("toggle", (event) => {
    const sheet = event.target.matches("details.menu.left[open]") && $(".sheet", event.target);
    if (sheet && sheet.getBoundingClientRect().right > innerWidth) event.target.classList.add("flip");
  }, true);
  function reveal(details) {
    details.open = true;
    details.scrollIntoView({ block: "center" });
    const first = $("select, textarea, input:not([type=hidden])", details);
    if (first) first.focus();
  }

  /* A long menu: type to find a choice, Enter to take the first that is left */
  const left = (field) => $$(".choice", field.closest(".sheet")).filter((choice) => !choice.hidden);
  function sift(field) {
    const sought = field.value.trim().toLowerCase();
    for (const choice of $$(".choice", field.closest(".sheet"))) choice.hidden = !choice.textContent.toLowerCase().includes(sought);
  }
  document.addEventListener("input", (event) => event.target.matches("[data-find]") && sift(event.target));

  /* Keys. A page adds its own: `acts` by key, `steps` that Escape takes back (true = taken), `chosen` before a button is pressed. */
  const page = { $, $$, visible, acts: {}, steps: [], chosen: () => {}, help: () => $("#keys").showModal() };
  window.shipops = page;
  const busy = (element) => element.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  page.acts["/"] = () => $("#find") && $("#find").select();
  page.acts["?"] = page.help;
  function press(key) {
    const button = $$(`[data-key~="${key}"]`).find((one) => visible(one) && !one.disabled);
    if (!button) return false;
    page.chosen(button);
    if (button.localName === "summary" && !button.parentElement.open) reveal(button.parentElement);
    else button.click();
    return true;
  }
  function escape() {
    const menu = $("details.menu[open]");
    const active = document.activeElement;
    if (menu) {
      menu.open = false;
      return $("summary", menu).focus();
    }
    if (busy(active)) return active.blur();
    if (page.steps.some((step) => step())) return;
    const back = $("[data-back]");
    if (back && !body.classList.contains("no-keys")) back.click();
  }
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || $("dialog[open]")) return;
    if (event.key === "Escape") return escape();
    const sheet = event.key === "Enter" && event.target.matches("input") && event.target.closest(".sheet");
    if (sheet) {
      // Not the form's first button, which belongs to another action.
      event.preventDefault();
      if (!event.target.matches("[data-find]")) return $("button.go", event.target.closest("form.stack") || sheet).click();
      const first = left(event.target)[0];
      if (!first || !event.target.value) return;
      first.click();
      event.target.value = "";
      return sift(event.target);
    }
    // Some keyboards write [ and ] with AltGr.
    const chord = (event.ctrlKey || event.metaKey || event.altKey) && !event.getModifierState("AltGraph");
    if (chord || body.classList.contains("no-keys") || busy(event.target)) return;
    const letter = event.key.toLowerCase();
    const key = event.shiftKey && /^[a-z]$/.test(letter) ? `shift+${letter}` : letter;
    if (page.acts[key]) {
      if (page.acts[key](event) !== false) event.preventDefault();
      // A key held down moves on and acts once.
    } else if (/^[a-z0-9[\]]$/.test(key) && !event.repeat && press(key)) event.preventDefault();
  });

  /* htmx: what a person is doing outlives a refresh */
  let refreshing = false;
  page.isRefresh = (detail) => detail.requestConfig.verb === "get" && ["list", "rail", "board"].includes(detail.requestConfig.elt.id);
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) => {
    if (!refreshing) return true;
    if (name === "open" && node.localName === "details") return false;
    return !(["checked", "indeterminate"].includes(name) && node.localName === "input");
  };
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && page.isRefresh(event.detail)) event.preventDefault();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    // The session is over: the log-in page came back in place of a part.
    if (new URL(xhr.responseURL || location.href, location.href).pathname === "/login/") {
      event.detail.shouldSwap = false;
      return location.reload();
    }
    refreshing = page.isRefresh(event.detail);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    refreshing = false;
    if (event.detail.target.id !== "side") {
      const lost = document.activeElement.closest("details:not([open]):not(.menu)");
      if (lost) $("summary", lost).focus();
    }
    tick();
  });
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      if (page.isRefresh(event.detail)) return;
      const line = document.createElement("li");
      line.className = "error";
      line.textContent = body.dataset.failed;
      $("#notices").replaceChildren(line);
    });
  }

  // Without a clipboard (plain HTTP) the field is there to be copied from.
  if (navigator.clipboard) for (const element of $$("[data-copy][hidden]")) element.hidden = false;
  for (const element of $$('[data-act="help"][hidden]')) element.hidden = false;
})();
