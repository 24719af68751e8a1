// Below a list: its link, its files, and the call that gives it from a program.
(() => {
  const { h } = recsys;
  // Only the page uses these.
  const HIDDEN = ["poster", "drawn", "origin"];

  recsys.listTools = (value) => {
    const items = value.items.map((item) =>
      Object.fromEntries(Object.entries(item).filter(([name]) => !HIDDEN.includes(name))),
    );
    const name = `recsys-${value.source || "list"}`;
    const link = (title, onclick) => h("button.rs-link", { type: "button", onclick }, title);
    return h(
      "footer.rs-tools",
      {},
      h("details", {}, h("summary", {}, "Use this list in a program"), unfiltered(), code(value.call)),
      h(
        "div",
        {},
        link("Copy link", () => recsys.copy(location.href)),
        link("Save as CSV", () => recsys.save(`${name}.csv`, recsys.csv.list(items), "text/csv")),
        link("Save as JSON", () => recsys.save(`${name}.json`, JSON.stringify(items, null, 1), "application/json")),
      ),
    );
  };

  // The endpoints take no filters.
  function unfiltered() {
    const { n: _length, hide_marked: _hidden, ...rest } = recsys.state.filters ?? recsys.filters.DEFAULTS;
    const used = recsys.filters.used({ ...recsys.filters.DEFAULTS, ...rest });
    return used ? h("p.rs-meta", {}, "This call gives the list without your filters.") : null;
  }

  function code(call) {
    const base = location.origin + location.pathname.replace(/\/$/, "");
    return h("div.rs-code", {}, Object.entries(recsys.snippets.snippets(call, base)).map(figure));
  }

  function figure([language, text]) {
    const copy = { type: "button", "aria-label": `Copy the ${language} code`, onclick: () => recsys.copy(text) };
    return h(
      "figure",
      {},
      h("figcaption", {}, language, h("button.rs-link", copy, "Copy")),
      h("pre", { tabindex: 0 }, h("code", {}, text)),
    );
  }
})();
