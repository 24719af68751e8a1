// Tools below a list: its link, its files, and the call that returns it to a program.
(() => {
  const { h } = recsys;
  // Fields that only the page uses.
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
      value.call ? h("details", {}, h("summary", {}, "Use this list in a program"), code(filtered(value.call))) : null,
      h(
        "div",
        {},
        link("Copy link", () => recsys.copy(location.href)),
        link("Save as CSV", () => recsys.save(`${name}.csv`, recsys.csv.list(items), "text/csv")),
        link("Save as JSON", () => recsys.save(`${name}.json`, JSON.stringify(items, null, 1), "application/json")),
      ),
    );
  };

  // The call with the current filters, so that it returns the shown list.
  function filtered(call) {
    const { n: _length, hide_marked: _hidden, ...filters } = recsys.state.filters ?? recsys.filters.DEFAULTS;
    const same = (name) => JSON.stringify(filters[name]) === JSON.stringify(recsys.filters.DEFAULTS[name]);
    const set = Object.fromEntries(Object.entries(filters).filter(([name]) => !same(name)));
    if (!Object.keys(set).length) return call;
    return { ...call, args: { ...call.args, filters: { ...call.args.filters, ...set } } };
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
