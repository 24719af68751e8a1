// The watch-list: a button with the number of its items, and a dialog that lists them.
(() => {
  const { h, icon, text } = recsys;

  recsys.watchList = () => {
    const count = h("span.rs-count", { hidden: true });
    const open = { type: "button", "aria-haspopup": "dialog", onclick: () => show() };
    const button = h("button.rs-tool", open, icon("watch"), h("span", {}, recsys.state.words.later), count);
    const dialog = h("dialog.rs-dialog.rs-narrow", { "aria-labelledby": "rs-watch-title" });
    const close = () => dialog.close();
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) close();
    });

    function show() {
      draw();
      dialog.showModal();
    }

    function draw() {
      const items = recsys.marks.watched(recsys.state.visitor);
      recsys.fill(
        dialog,
        h("button.rs-close", { type: "button", "aria-label": "Close", onclick: close }, icon("close")),
        h("h2", { id: "rs-watch-title", tabindex: -1 }, recsys.state.words.later),
        items.length ? h("ul.rs-watch", { role: "list" }, items.map(line)) : empty(),
        items.length ? save(items) : null,
      );
    }

    function line(item, place) {
      const name = text.label(item);
      const open = () => {
        close();
        recsys.open(item, { source: "watch-list" });
      };
      const remove = () => {
        recsys.mark(item, "watch", { source: "watch-list" });
        // Moves the focus to the entry that follows the removed one.
        const left = [...dialog.querySelectorAll(".rs-watch .rs-wipe")];
        (left[Math.min(place, left.length - 1)] ?? dialog.querySelector("h2")).focus();
      };
      return h(
        "li",
        {},
        h("button.rs-link", { type: "button", onclick: open }, name),
        h("button.rs-wipe", { type: "button", "aria-label": `Remove ${name}`, onclick: remove }, icon("close")),
      );
    }

    function empty() {
      return h("p.rs-empty", {}, `Nothing here yet. Use the bookmark on a ${recsys.state.words.item} to add it.`);
    }
    function save(items) {
      const onclick = () => recsys.save("watch-list.csv", recsys.csv.watchList(items), "text/csv");
      const titles = items.map((item) => `id:${item.item_id}`);
      const all = ["letterboxd", "imdb", "trakt", "radarr", "jellyfin", "json"];
      const sites = recsys.state.words.item === "film" ? all : ["json"];
      const files = recsys.takeOut("Save for", sites, () => ({ titles }));
      return files ?? h("button.rs-link", { type: "button", onclick }, "Save as CSV");
    }

    recsys.on("visitor", (visitor) => {
      const n = recsys.marks.watched(visitor).length;
      count.textContent = n;
      count.hidden = !n;
      count.title = text.plural(n, recsys.state.words.item ?? "item");
      if (dialog.open) draw();
    });
    return { button, dialog };
  };
})();
