/* The queue: a cursor, a selection, a preview, and a focus that stays where the eye is. Everything here has a way without it. */
"use strict";
(() => {
  const { $, $$, acts, steps, isRefresh } = window.shipops;
  const wide = window.matchMedia("(min-width: 1400px)");
  const picked = new Set();
  let cursor = "";
  // Where a range begins: the row chosen last.
  let anchor = "";
  let previewing = 0;
  let closed = false;
  const side = () => $("#side");
  const rows = () => $$("tr[data-case]");
  const rowOf = (id) => (id ? document.getElementById(`case-${id}`) : null);
  const linkOf = (row) => $("a", row);
  const every = () => $('[data-act="every"]');

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
    const all = $('[data-act="all"]', bar);
    all.checked = boxes.length > 0 && picked.size === boxes.length;
    all.indeterminate = picked.size > 0 && !all.checked;
    const more = every();
    if (more) {
      // All that match are offered once the whole page is chosen.
      more.closest("label").hidden = !all.checked;
      if (!all.checked) more.checked = false;
    }
    const count = more && more.checked ? more.closest("label").dataset.every : picked.size;
    bar.dataset.count = count;
    $("[data-picked]", bar).textContent = count;
  }
  function pick(id, on) {
    on ? picked.add(id) : picked.delete(id);
    anchor = id;
    paint();
  }
  function range(to) {
    const ids = rows().map((row) => row.dataset.case);
    const ends = [ids.indexOf(anchor || ids[0]), ids.indexOf(to)].sort((a, b) => a - b);
    for (const id of ids.slice(Math.max(0, ends[0]), ends[1] + 1)) picked.add(id);
    anchor = to;
    paint();
  }
  function preview() {
    const row = rowOf(cursor);
    if (!side() || !wide.matches || closed) return;
    clearTimeout(previewing);
    if (!row) return side().replaceChildren();
    previewing = setTimeout(() => htmx.ajax("GET", linkOf(row).href, { target: "#side", swap: "innerHTML" }), 120);
  }
  function moveTo(row) {
    if (!row) return;
    cursor = row.dataset.case;
    paint();
    row.scrollIntoView({ block: "nearest" });
    linkOf(row).focus({ preventScroll: true });
    preview();
  }
  function move(step) {
    const all = rows();
    const at = all.findIndex((row) => row.dataset.case === cursor);
    moveTo(all[Math.min(all.length - 1, Math.max(0, at + step))]);
  }
  function close() {
    if (!side() || !side().firstElementChild) return false;
    clearTimeout(previewing);
    closed = true;
    side().replaceChildren();
    if (rowOf(cursor)) linkOf(rowOf(cursor)).focus();
    return true;
  }

  acts.j = () => move(1);
  acts.k = () => move(-1);
  acts.x = () => cursor && pick(cursor, !picked.has(cursor));
  acts["shift+x"] = () => cursor && range(cursor);
  acts.o = () => rowOf(cursor) && linkOf(rowOf(cursor)).click();
  // On a link or a button Enter is the browser's.
  acts.enter = (event) => (event.target === document.body && rowOf(cursor) ? acts.o() : false);
  steps.push(() => {
    if (!picked.size) return false;
    picked.clear();
    paint();
    return true;
  }, close);
  // A key that acts on a selection acts on the row under the cursor where nothing is selected.
  window.shipops.chosen = (button) => {
    if (button.closest("#bulk") && picked.size === 0 && rowOf(cursor)) pick(cursor, true);
  };

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.dataset.act === "all") {
      for (const other of $$('input[name="case"]')) box.checked ? picked.add(other.value) : picked.delete(other.value);
    }
    if (["all", "every"].includes(box.dataset.act)) paint();
  });
  document.addEventListener("click", (event) => {
    const box = event.target.closest('input[name="case"]');
    if (box) return event.shiftKey && box.checked ? range(box.value) : pick(box.value, box.checked);
    const does = event.target.closest("[data-act]");
    if (does && does.dataset.act === "up") return move(-1);
    if (does && does.dataset.act === "down") return move(1);
    if (does && does.dataset.act === "close") return close();
    const row = event.target.closest("tr[data-case]");
    if (!row || event.target.closest("a, button, input, label")) return;
    if (!wide.matches) return linkOf(row).click();
    closed = false;
    moveTo(row);
  });
  // A shift-click on a row is a range, not a stretch of text.
  document.addEventListener("mousedown", (event) => {
    if (event.shiftKey && event.target.closest("tr[data-case] .pick")) event.preventDefault();
  });

  /* A swap: the row that is looked at stays where it is; where it is gone, the one that took its place is looked at */
  let held = null;
  let place = 0;
  let inside = false;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const target = event.detail.target;
    const active = document.activeElement;
    inside = Boolean(active.closest("#list, #side"));
    if (target.id !== "list") return;
    const row = $("tr[data-case]:hover") || rowOf(cursor);
    held = row && { id: row.dataset.case, top: row.getBoundingClientRect().top };
    place = Math.max(0, rows().indexOf(rowOf(cursor)));
    if (event.detail.requestConfig.verb === "post") {
      picked.clear();
      inside = true;
    }
  });
  const lost = () => {
    const active = document.activeElement;
    return !active || active === document.body || !active.isConnected || Boolean(active.closest(".menu:not([open]) .sheet"));
  };
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "list") {
      const row = held && rowOf(held.id);
      if (row) window.scrollBy({ top: row.getBoundingClientRect().top - held.top, behavior: "instant" });
      held = null;
      const all = rows();
      const gone = !rowOf(cursor);
      if (gone && cursor) cursor = all.length ? all[Math.min(place, all.length - 1)].dataset.case : "";
      paint();
      if (gone || !isRefresh(event.detail)) preview();
    } else if (event.detail.target.id !== "side") return;
    if (inside && lost() && rowOf(cursor)) linkOf(rowOf(cursor)).focus({ preventScroll: true });
  });

  if (rows().length && wide.matches) {
    cursor = rows()[0].dataset.case;
    preview();
  }
  paint();
})();
