/* Acting: the preview over the desk, and keys of acts that are folded away. Without this file all of it are pages and forms. */
"use strict";
(() => {
  const slot = () => document.getElementById("dialog");
  const visible = (element) => element.getClientRects().length > 0;
  let opener = null;

  function close() {
    const dialog = slot() && slot().querySelector("dialog");
    if (!dialog) return;
    // What was acted on is not acted on again by the next key.
    if (dialog.querySelector("[data-done]")) for (const box of document.querySelectorAll("input[name=case]:checked")) box.click();
    dialog.close();
    slot().replaceChildren();
    if (opener && opener.isConnected) opener.focus();
  }
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id === "dialog") opener = document.activeElement;
  });
  document.addEventListener("htmx:afterSettle", () => {
    const dialog = slot() && slot().querySelector("dialog");
    if (!dialog) return;
    if (!dialog.open) {
      dialog.showModal();
      const first = dialog.querySelector("[autofocus], #commit :is(select, textarea, input:not([type=hidden], [type=checkbox])), .btn");
      if (first) first.focus();
      dialog.addEventListener("cancel", (event) => { event.preventDefault(); close(); });
    }
  });
  document.addEventListener("click", (event) => {
    const leave = event.target.closest("[data-close]");
    if (!leave || !leave.closest("dialog")) return;
    event.preventDefault();
    close();
  });
  // Before app.js looks for a visible button with this key: unfold the one that is folded away.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
    const busy = event.target.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
    if (document.body.classList.contains("no-keys") || busy || !/^[a-z0-9]$/i.test(event.key)) return;
    const buttons = [...document.querySelectorAll(`[data-key="${event.key.toLowerCase()}"]`)];
    if (!buttons.length || buttons.some(visible)) return;
    const folded = buttons.find((button) => button.closest("details.more-acts:not([open])"));
    if (folded) folded.closest("details.more-acts").open = true;
  }, true);
})();
