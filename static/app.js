/* What pages need beyond links and forms. Everything here has a way without it; single keys are off with body.no-keys. */
"use strict";
(() => {
  const body = document.body;
  const words = JSON.parse(body.dataset.words);
  const skew = Date.parse(body.dataset.now) - Date.now();
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const visible = (element) => element.getClientRects().length > 0;
  const wide = window.matchMedia("(min-width: 1400px)");
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

  /* Queue: a cursor, a selection, a preview */
  const picked = new Set();
  let cursor = "";
  let previewing = 0;
  const rows = () => $$("tr[data-case]");
  const rowOf = (id) => (id ? document.getElementById(`case-${id}`) : null);
  function paint() {
    const boxes = $$('input[name="case"]');
    const present = new Set(boxes.map((box) => box.value));
    for (const id of picked) if (!present.has(id)) picked.delete(id);
    for (const box of boxes) {
      box.checked = picked.has(box.value);
      const row = box.closest("tr");
      if (row) row.classList.toggle("is-picked", box.checked);
    }
    for (const row of rows()) row.classList.toggle("is-cursor", row.dataset.case === cursor);
    const bar = $("#bulk");
    if (!bar) return;
    bar.dataset.count = picked.size;
    $("[data-picked]", bar).textContent = picked.size;
    const all = $('[data-act="all"]', bar);
    all.checked = boxes.length > 0 && picked.size === boxes.length;
    all.indeterminate = picked.size > 0 && !all.checked;
  }
  function preview() {
    const side = $("#side");
    const row = rowOf(cursor);
    if (!side || !wide.matches) return;
    clearTimeout(previewing);
    if (!row) return side.replaceChildren();
    previewing = setTimeout(() => htmx.ajax("GET", row.dataset.url, { target: "#side", swap: "innerHTML" }), 120);
  }
  function moveTo(row) {
    if (!row) return;
    cursor = row.dataset.case;
    paint();
    row.scrollIntoView({ block: "nearest" });
    preview();
  }
  function move(step) {
    const all = rows();
    const at = all.findIndex((row) => row.dataset.case === cursor);
    moveTo(all[Math.min(all.length - 1, Math.max(0, at + step))]);
  }
  function pick(id, on) {
    on ? picked.add(id) : picked.delete(id);
    paint();
  }
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.name === "case") pick(box.value, box.checked);
    if (box.dataset.act === "all") {
      for (const other of $$('input[name="case"]')) box.checked ? picked.add(other.value) : picked.delete(other.value);
      paint();
    }
  });

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
    if (event.target.closest('[data-act="help"]')) $("#keys").showModal();
    const row = event.target.closest("tr[data-case]");
    if (row && !event.target.closest("a, button, input, label")) wide.matches ? moveTo(row) : location.assign(row.dataset.url);
    for (const menu of $$("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("toggle", (event) => {
    const sheet = event.target.matches("details.menu.left[open]") && $(".sheet", event.target);
    if (sheet && sheet.getBoundingClientRect().right > innerWidth) event.target.classList.add("flip");
  }, true);
  function reveal(details) {
    for (let one = details; one; one = one.parentElement.closest("details")) one.open = true;
    details.scrollIntoView({ block: "center" });
    const first = $("select, textarea, input:not([type=hidden])", details);
    if (first) first.focus();
  }

  /* Keys */
  const busy = (element) => element.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  const acts = {
    j: () => move(1),
    k: () => move(-1),
    x: () => cursor && pick(cursor, !picked.has(cursor)),
    o: () => rowOf(cursor) && location.assign(rowOf(cursor).dataset.url),
    "/": () => $("#find") && $("#find").select(),
    "?": () => $("#keys").showModal(),
  };
  function press(key) {
    const button = $$(`[data-key="${key}"]`).find(visible);
    if (!button) return false;
    if (button.closest("#bulk") && picked.size === 0 && rowOf(cursor)) pick(cursor, true);
    if (button.localName === "summary" && !button.parentElement.open) reveal(button.parentElement);
    else button.click();
    return true;
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = $("details.menu[open]");
      if (menu) {
        menu.open = false;
        $("summary", menu).focus();
      } else if (busy(document.activeElement)) document.activeElement.blur();
      return;
    }
    const sheet = event.key === "Enter" && event.target.matches("input") && event.target.closest(".sheet");
    if (sheet) {
      // Not the form's first button, which belongs to another action.
      event.preventDefault();
      return $("button.go", sheet).click();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (body.classList.contains("no-keys") || busy(event.target) || $("dialog[open]")) return;
    const key = event.key.toLowerCase();
    if (key === "enter" && event.target === body && rowOf(cursor)) return acts.o();
    if (acts[key]) {
      event.preventDefault();
      acts[key]();
    } else if (/^[a-z]$/.test(key) && press(key)) event.preventDefault();
  });

  /* htmx: what a person is doing outlives a refresh */
  let refreshing = false;
  let anchor = null;
  const isRefresh = (detail) => detail.requestConfig.verb === "get" && ["list", "rail", "board"].includes(detail.requestConfig.elt.id);
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) => {
    if (!refreshing) return true;
    if (name === "open" && node.localName === "details") return false;
    return !(["checked", "indeterminate"].includes(name) && node.localName === "input");
  };
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && isRefresh(event.detail)) event.preventDefault();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target } = event.detail;
    // The session is over: the log-in page came back in place of a part.
    if (new URL(xhr.responseURL || location.href, location.href).pathname === "/login/") {
      event.detail.shouldSwap = false;
      return location.reload();
    }
    refreshing = isRefresh(event.detail);
    const row = target.id === "list" ? $("tr[data-case]:hover") || rowOf(cursor) : null;
    anchor = row && { id: row.dataset.case, top: row.getBoundingClientRect().top };
    if (target.id === "list" && event.detail.requestConfig.verb === "post") picked.clear();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    refreshing = false;
    if (event.detail.target.id !== "side") {
      const row = anchor && rowOf(anchor.id);
      if (row) window.scrollBy({ top: row.getBoundingClientRect().top - anchor.top, behavior: "instant" });
      anchor = null;
      paint();
      const lost = document.activeElement.closest("details:not([open]):not(.menu)");
      if (lost) $("summary", lost).focus();
      if (event.detail.requestConfig.verb === "post") {
        if (!rowOf(cursor) && rows().length) cursor = rows()[0].dataset.case;
        paint();
        preview();
      }
    }
    tick();
  });
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      if (isRefresh(event.detail)) return;
      const line = document.createElement("li");
      line.className = "error";
      line.textContent = body.dataset.failed;
      $("#notices").replaceChildren(line);
    });
  }

  // Without a clipboard (plain HTTP) the field is there to be copied from.
  if (navigator.clipboard) for (const element of $$("[data-copy][hidden]")) element.hidden = false;
  for (const element of $$('[data-act="help"][hidden]')) element.hidden = body.classList.contains("no-keys");
  if (rows().length && wide.matches) moveTo(rows()[0]);
  paint();
})();
