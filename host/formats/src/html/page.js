"use strict";
(() => {
  const form = document.getElementById("filter");
  const text = document.getElementById("text");
  const boxes = Array.from(form.querySelectorAll("input[type=checkbox]"));
  const count = document.getElementById("count");
  const nothing = document.getElementById("nothing");
  const cards = Array.from(document.querySelectorAll(".card")).map((card) => ({
    card,
    text: card.dataset.text.toLowerCase(),
    rows: Array.from(card.querySelectorAll(".finding")).map((row) => ({
      row, severity: row.dataset.severity, text: row.querySelector(".line").textContent.toLowerCase(),
    })),
  }));
  if (cards.length === 0) return;
  const total = cards.reduce((sum, card) => sum + card.rows.length, 0);
  const apply = () => {
    const wanted = text.value.trim().toLowerCase();
    const severities = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    for (const { card, text: label, rows } of cards) {
      let here = 0;
      for (const { row, severity, text: words } of rows) {
        const match = severities.has(severity) && (label.includes(wanted) || words.includes(wanted));
        row.hidden = !match;
        if (match) here += 1;
      }
      card.hidden = here === 0;
      shown += here;
    }
    nothing.hidden = shown > 0;
    const word = total === 1 ? "finding" : "findings";
    count.textContent = shown === total ? `${total} ${word}` : `${shown} of ${total} ${word}`;
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== text) { event.preventDefault(); text.focus(); }
    if (event.key === "Escape" && document.activeElement === text) { text.value = ""; apply(); }
  });
  apply();
})();
