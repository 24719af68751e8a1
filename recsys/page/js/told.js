// “What you told us”: the marks behind the picks, and what to show less of. Each can be opened or removed.
(() => {
  const { h, icon, text, state, marks } = recsys;
  const KINDS = { like: "in", dislike: "out", seen: null };
  const MOST = 60; // chips of a kind; the latest ones

  // The groups of entries; [] if there are no entries. `root` is the element in which the focus stays after a removal.
  recsys.told = (root) => {
    const { visitor, words } = state;
    const groups = Object.keys(KINDS).map((verdict) =>
      group(words[verdict], marks.given(visitor, verdict), KINDS[verdict], (item) =>
        recsys.mark(item, "", { source: "marks" }),
      ),
    );
    groups.push(group("Less of", marks.lessOf(visitor), "out", (one) => recsys.less(one.item_id, one.title)));
    const shown = groups.filter(Boolean);
    const note = "Your picks come from this. Open a title to change your rating, or remove what is wrong.";
    if (!shown.length) return [];
    const sites = words.item === "film" ? ["letterboxd", "imdb", "trakt", "json"] : ["json"];
    const files = recsys.takeOut("Save for", sites, () => ({ ratings: recsys.ownRatings(visitor) }));
    return [h("h3", {}, "What you told us"), h("p.rs-meta", {}, note), ...shown, marks.hasAny(visitor) ? files : null];

    function group(title, items, kind, wipe) {
      if (!items.length) return null;
      const more = items.length > MOST ? h("span.rs-meta", {}, `and ${items.length - MOST} earlier ones`) : null;
      const chips = items.slice(-MOST).map((item) => chip(item, kind, wipe));
      return h("div.rs-chips", { role: "group", "aria-label": title }, h("span.rs-meta", {}, title), chips, more);
    }

    function chip(item, kind, wipe) {
      const name = item.rating ? `${text.label(item)} ★ ${item.rating}` : text.label(item);
      const remove = ({ currentTarget }) => removed(currentTarget, () => wipe(item));
      const label = `Remove ${text.label(item)}`;
      const open = { type: "button", onclick: () => recsys.open(item, { source: "marks" }) };
      return h(
        "span.rs-chip.rs-told",
        { "data-kind": kind },
        /^(person|theme|id):/.test(item.item_id) ? h("span", {}, name) : h("button.rs-name", open, name),
        h("button.rs-wipe", { type: "button", "aria-label": label, onclick: remove }, icon("close")),
      );
    }

    // Moves the focus to the entry that follows the removed one.
    function removed(button, wipe) {
      const place = [...root.querySelectorAll(".rs-wipe")].indexOf(button);
      wipe();
      const left = root.querySelectorAll(".rs-wipe");
      (left[Math.min(place, left.length - 1)] ?? root.querySelector("summary, button"))?.focus();
    }
  };

  // The same as a folded section below the picks, where they are the visitor's own.
  recsys.components.told = ({ element, props, watch }) => {
    function render() {
      const open = element.querySelector("details")?.open ?? false;
      const [title, ...groups] = props.value?.own ? recsys.told(element) : [];
      if (!title) return recsys.fill(element);
      recsys.fill(element, h("details.rs-history", { open }, h("summary", {}, title), groups));
    }
    recsys.on("visitor", render);
    watch("value", render);
    render();
  };
})();
