// Rating control with five stars in half steps, for the pointer, and as a slider for the keyboard.
(() => {
  const { h, text } = recsys;
  const HALVES = 10;
  const SETTLED_MS = 500; // time without a key press before a rating is stored

  const values = () => Object.keys(recsys.state.words.stars ?? {}).map(Number);

  // The stars of an item, null if ratings are not numbers; `from` is the list of the item.
  recsys.stars = (item, from = {}) => {
    const known = values();
    if (!known.length) return null;
    const best = Math.max(...known);
    const lowest = Math.round((HALVES * Math.min(...known)) / best);
    let timer = null;

    const input = h("input", {
      type: "range",
      min: 0,
      max: HALVES,
      step: 1,
      "aria-label": `Your rating of ${text.label(item)}`,
      oninput: () => {
        show(Number(input.value));
        clearTimeout(timer);
        timer = setTimeout(() => rate(Number(input.value)), SETTLED_MS);
      },
    });
    const row = h("span.rs-stars", { "aria-hidden": "true" });
    const stars = h("span.rs-rate", { "data-id": item.item_id, title: "Rate it" }, row, input);
    const current = () => {
      const rating = recsys.marks.ratingOn(recsys.state.visitor, item.item_id);
      return rating === null ? 0 : Math.round((HALVES * rating) / best);
    };
    const halvesAt = (event) => {
      const box = row.getBoundingClientRect();
      return Math.min(HALVES, Math.max(lowest, Math.ceil((HALVES * (event.clientX - box.left)) / box.width)));
    };

    function show(halves) {
      row.style.setProperty("--rs-filled", `${(100 * halves) / HALVES}%`);
      input.value = halves;
      input.setAttribute("aria-valuetext", halves ? `${halves / 2} of 5 stars` : "not rated");
    }
    function rate(halves) {
      if (halves === current()) return;
      const value = (best * Math.max(halves, lowest)) / HALVES;
      const nearest = known.reduce((a, b) => (Math.abs(b - value) < Math.abs(a - value) ? b : a));
      if (halves) recsys.mark(item, recsys.state.words.stars[String(nearest)], from, nearest);
      else recsys.mark(item, "", from);
    }

    // Clicking the same star again removes the rating.
    stars.addEventListener("click", (event) => {
      const halves = halvesAt(event);
      rate(halves === current() ? 0 : halves);
    });
    stars.addEventListener("pointermove", (event) => event.pointerType === "mouse" && show(halvesAt(event)));
    stars.addEventListener("pointerleave", () => show(current()));
    stars.redraw = () => show(current());
    show(current());
    return stars;
  };

  recsys.on("visitor", () => {
    for (const stars of document.querySelectorAll(".rs-rate")) stars.redraw?.();
  });
})();
