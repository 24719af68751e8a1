// The controls in the filter panel.
(() => {
  const { h, text, filters } = recsys;
  const LENGTHS = [12, 24, 48, 96];
  const LONGEST = [["Any", null], ...[90, 105, 120, 150, 180].map((minutes) => [`Up to ${minutes} minutes`, minutes])];

  // `now` are the filters, `choices` the values of the catalogue, and `set` changes some filters. `find` asks the server
  // for the full name of a person or title.
  recsys.filterControls = (now, choices, set, find) => {
    const [firstYear, lastYear] = choices.years;
    const languages = choices.languages.map((code) => [text.language(code), [code]]);
    languages.sort(([a], [b]) => a.localeCompare(b, "en"));
    const certificates = choices.certificates.map((name) => [name, [name]]);
    const fields = [
      choice(
        "n",
        "Results",
        LENGTHS.map((n) => [n, n]),
      ),
      lastYear ? year("year_from", "From year", firstYear, lastYear) : null,
      lastYear ? year("year_to", "To year", firstYear, lastYear) : null,
      languages.length > 1 ? choice("languages", "Language", [["Any", []], ...languages]) : null,
      choices.runtimes ? choice("runtime_to", "Length", LONGEST) : null,
      choices.certificates.length ? choice("certificates", "Certificate", [["Any", []], ...certificates]) : null,
      slider("popularity", "Popularity", -1, "Hidden gems", "Well known"),
      slider("diversity", "Variety", 0, "More alike", "More varied"),
      choice("recency", "Taste", [
        ["Balanced", null],
        ["Lately", 1],
        ["All along", 0],
      ]),
    ];
    const { words } = recsys.state;
    const names = (name, title, hint) => recsys.filterNames({ name, title, hint, now, set, find });
    const lists = [
      choices.people ? names("people", "With", "A director or actor") : null,
      choices.names ? names("only", "Only from these", `A ${words.item}`) : null,
      choices.names ? names("hide", "Hide these", `A ${words.item}`) : null,
    ];
    return [
      h("div.rs-fields", {}, fields),
      choices.genres.length ? genres(choices.genres) : null,
      choices.names ? h("div.rs-fields.rs-wide", {}, lists) : null,
      h(
        "div.rs-checks",
        {},
        choices.names ? check("only_watched", `Only from my ${words.later.toLowerCase()}`) : null,
        check("hide_marked", `Hide ${words.items} I have marked`),
      ),
    ];

    function choice(name, title, options) {
      const selected = JSON.stringify(now[name]);
      return h(
        "label",
        {},
        h("span", {}, title),
        h(
          "select",
          { "data-name": name, onchange: (event) => set({ [name]: JSON.parse(event.target.value) }, false) },
          options.map(([label, value]) => option(label, JSON.stringify(value), selected)),
        ),
      );
    }

    function year(name, title, min, max) {
      const onchange = ({ target }) => set({ [name]: target.value ? Math.round(Number(target.value)) : null }, false);
      return h(
        "label",
        {},
        h("span", {}, title),
        h("input", {
          "data-name": name,
          type: "number",
          inputmode: "numeric",
          min,
          max,
          placeholder: "Any",
          value: now[name] ?? "",
          onchange,
        }),
      );
    }

    function slider(name, title, min, low, high) {
      const textOf = (value) => filters.position(value, low, high);
      const input = h("input", {
        "data-name": name,
        type: "range",
        min,
        max: 1,
        step: 0.1,
        value: now[name],
        "aria-valuetext": textOf(now[name]),
        oninput: () => input.setAttribute("aria-valuetext", textOf(Number(input.value))),
        onchange: () => set({ [name]: Number(input.value) }, false),
      });
      const ends = h("span.rs-ends", { "aria-hidden": "true" }, h("small", {}, low), h("small", {}, high));
      return h("label.rs-dial", {}, h("span", {}, title), input, ends);
    }

    function check(name, title) {
      const onchange = ({ target }) => set({ [name]: target.checked }, false);
      const box = h("input", { "data-name": name, type: "checkbox", checked: now[name], onchange });
      return h("label.rs-check", {}, box, title);
    }

    function genres(names) {
      const hint = h("small", {}, " Click once to include (any of several), twice to exclude");
      return h(
        "fieldset",
        {},
        h("legend", {}, recsys.state.words.genres, hint),
        h("div.rs-chips", {}, names.map(genre)),
      );
    }
    function genre(name) {
      const state = filters.stateOf(now, name);
      const stateName = { in: "included", out: "excluded", "": "any" }[state];
      return h(
        "button.rs-chip",
        {
          type: "button",
          "data-name": `genre ${name}`,
          "data-kind": state || null,
          "aria-label": `${name}: ${stateName}`,
          onclick: () => set(filters.cycled(now, name)),
        },
        name,
      );
    }
  };

  const option = (label, value, selected) => h("option", { value, selected: value === selected }, label);
})();
