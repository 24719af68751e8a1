// Draws an item as a card: picture, title, a few facts, and buttons to mark it.
// The title is the button that opens the details; it covers the card, so that the whole card can be clicked.
(() => {
  const { h, icon, text } = recsys;
  const MATCH_SHOWN_FROM = 60; // percent; a low match on a recommended item would look like a warning

  // The picture of an item. It is hidden from screen readers, because the title is next to it.
  recsys.poster = (item, eager = false) => {
    const loading = eager ? "eager" : "lazy";
    const image = h("img", { src: item.poster, alt: "", width: 200, height: 300, decoding: "async", loading });
    image.addEventListener("error", () => {
      if (item.drawn && image.src !== item.drawn) image.src = item.drawn;
      else image.classList.add("rs-broken");
    });
    return h("span.rs-poster", {}, image);
  };

  recsys.matchShown = (item) => Number.isFinite(item.match) && item.match >= MATCH_SHOWN_FROM;

  // Opens the details of an item; `from` is the list of the item.
  recsys.open = (item, from = {}) => {
    recsys.state.opened = { item, user: from.user || "", model: from.model || "", source: from.source || "" };
    recsys.write({ details: item.item_id });
    recsys.emit("details", item.item_id);
  };

  // `facts` are elements below the title, `marks` the verdicts with a button: on the picture, or labelled below the
  // facts.
  recsys.card = (item, { from = {}, eager = false, heading = "h3", facts = [], marks = [], named = false } = {}) => {
    const open = h(
      "button.rs-open",
      { type: "button", "data-id": item.item_id, onclick: () => recsys.open(item, from) },
      item.title,
    );
    const card = h("li.rs-card", { "data-id": item.item_id });
    const buttons = h(named ? "div.rs-marks" : "div.rs-quick", { role: "group", "aria-label": `Mark ${item.title}` });
    buttons.append(...marks.map((verdict) => markButton(item, verdict, from)));
    const badge = h("span.rs-badge");
    card.dataset.buttons = marks.join(" ");
    card.append(
      h("div.rs-picture", {}, recsys.poster(item, eager), matchBadge(item), badge, named ? null : buttons),
      h(`${heading}.rs-title`, {}, open),
      ...facts,
    );
    if (named) card.append(...[recsys.stars(item, from)].filter(Boolean), buttons);
    remark(card);
    return card;
  };

  function matchBadge(item) {
    if (!recsys.matchShown(item)) return "";
    const title = recsys.state.words.match || null;
    return h("span.rs-match", { title }, h("b", {}, String(item.match)), "%", h("span.rs-hidden", {}, " match"));
  }

  function markButton(item, verdict, from) {
    const name = verdict === "watch" ? recsys.state.words.later : recsys.state.words[verdict];
    return h(
      "button.rs-mark",
      {
        type: "button",
        title: name,
        "aria-label": `${name}: ${text.label(item)}`,
        "data-verdict": verdict,
        onclick: () => {
          const again = verdict !== "watch" && recsys.marks.verdictOn(recsys.state.visitor, item.item_id) === verdict;
          recsys.mark(item, again ? "" : verdict, from);
        },
      },
      icon(recsys.iconOf(verdict)),
      h("span", {}, name),
    );
  }

  // A thumb is the wrong symbol for a course that was completed.
  recsys.iconOf = (verdict) => (verdict === "like" && recsys.state.words.done !== "rated" ? "seen" : verdict);

  // Shows the visitor's mark of the item on its card.
  function remark(card) {
    const { visitor, words } = recsys.state;
    const verdict = recsys.marks.verdictOn(visitor, card.dataset.id);
    const rating = recsys.marks.ratingOn(visitor, card.dataset.id);
    const watched = recsys.marks.isWatched(visitor, card.dataset.id);
    card.dataset.mark = verdict;
    for (const button of card.querySelectorAll(".rs-mark")) {
      const pressed = button.dataset.verdict === "watch" ? watched : button.dataset.verdict === verdict;
      button.setAttribute("aria-pressed", String(pressed));
    }
    const badge = card.querySelector(".rs-badge");
    // A pressed button on the card shows the same.
    badge.hidden = !verdict || (rating === null && card.dataset.buttons.split(" ").includes(verdict));
    const mark = rating === null ? [icon(recsys.iconOf(verdict || "seen")), words[verdict]] : [`★ ${rating}`];
    recsys.fill(badge, verdict ? mark : null);
  }
  recsys.on("visitor", () => {
    for (const card of document.querySelectorAll(".rs-card[data-id]")) remark(card);
  });
})();
