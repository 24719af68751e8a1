// The panel about a user: number of ratings, favourite genres and decades, and some of the history.
recsys.components.user = ({ element, props, watch }) => {
  const { h, text, state } = recsys;

  function render() {
    const value = props.value;
    if (value?.loading && recsys.view().user) return recsys.fill(element, placeholder());
    if (!value?.user_id) return recsys.fill(element);
    const name = `${text.capital(state.words.person)} ${value.user_id}`;
    // The panel is closed if it is above the list instead of beside it.
    const open = matchMedia("(min-width: 721px)").matches;
    recsys.fill(
      element,
      h(
        "aside.rs-profile",
        { "aria-label": `About ${state.words.person} ${value.user_id}` },
        h(
          "details",
          { open },
          h("summary", {}, h("h2", {}, name), h("p.rs-meta", {}, figures(value))),
          bars("Taste", (value.taste || []).slice(0, 7), (line) => line.genre),
          bars("Decades", decades(value.decades || []), (line) => `${line.decade}s`),
          past(value),
        ),
      ),
    );
  }

  // Keeps the place of the closed panel, which is above the list on a narrow screen.
  function placeholder() {
    const lines = h("div", {}, h("h2", {}, "\u00a0"), h("p.rs-meta", {}, "\u00a0"));
    return h("div.rs-profile", { "aria-hidden": "true" }, lines);
  }

  function figures(value) {
    const rated = value.mean_rating !== null && state.words.valued;
    const mean = rated ? `★ ${value.mean_rating.toFixed(1)} on average` : "";
    const where = value.profile ? "profile made here" : "";
    return text.joined([text.plural(value.n_ratings, state.words.rating), mean, where]);
  }

  // The six most frequent ones, in chronological order.
  const decades = (lines) => lines.slice(0, 6).sort((a, b) => a.decade - b.decade);

  function bars(title, lines, name) {
    if (!lines.length) return null;
    const most = Math.max(...lines.map((line) => line.n));
    const bar = (line) =>
      h(
        "li",
        {},
        h("span", {}, name(line)),
        h("span.rs-bar", { "aria-hidden": "true" }, h("i", { style: `width:${width(line.n / most)}%` })),
        h("small", {}, text.joined([String(line.n), mean(line)])),
      );
    return h("section", {}, h("h3", {}, title), h("ul.rs-bars", { role: "list" }, lines.map(bar)));
  }
  const width = (share) => Math.max(2, Math.round(100 * share));
  const mean = (line) => (line.mean !== null && state.words.valued ? `★ ${line.mean.toFixed(1)}` : "");

  function past(value) {
    if (!value.history?.length) return null;
    const cards = value.history.map((item) =>
      recsys.card(item, {
        from: { source: "history" },
        heading: "h4",
        facts: [h("span.rs-meta", {}, text.rating(item.rating, state.words))],
      }),
    );
    return h("section", {}, h("h3", {}, value.history_title), h("ul.rs-past", { role: "list" }, cards));
  }
  recsys.on("unanswered", () => {
    if (props.value?.loading) recsys.fill(element);
  });
  watch("value", render);
  render();
};
