/* The support view: several lines pasted into the box, and a copy that is noted. Without it, both have a form. */
"use strict";
(() => {
  document.addEventListener("paste", (event) => {
    const box = event.target.closest("[data-lines]");
    const text = box && event.clipboardData.getData("text");
    if (!text || !/[\r\n]/.test(text)) return;
    // A box of one line would drop the line breaks and run the numbers into each other.
    event.preventDefault();
    box.setRangeText(text.trim().replace(/\s+/g, " "), box.selectionStart, box.selectionEnd, "end");
  });
  // The text in another language comes with a button of its own, which needs a clipboard as the first did.
  document.addEventListener("htmx:afterSwap", () => {
    if (navigator.clipboard) for (const button of document.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
  });
  document.addEventListener("click", (event) => {
    const copier = event.target.closest('[data-copy="for-buyer"]');
    const tick = copier && document.getElementById("note-told");
    if (tick && tick.checked) tick.form.requestSubmit();
  });
})();
