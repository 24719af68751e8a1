// The header with filters, watch-list and theme; and the two components that are never seen: the router and the visitor.
recsys.shell = (element, props, trigger, server, watch, options) => {
  "use strict";
  const { h, icon, label, plural } = recsys;
  recsys.state.words = options.words;
  let open = false, timer = null, choices = null;

  const count = h("span.rs-count", { hidden: true });
  const toggle = h("button.rs-tool", { type: "button", "aria-expanded": "false", "aria-controls": "rs-filters", onclick: async () => { open = !open; if (open && !choices) choices = await server.options(null); draw(); } }, icon("filter"), h("span", {}, "Filters"), count);
  const watched = h("span.rs-count", { hidden: true });
  const panel = h("div.rs-filters", { id: "rs-filters", role: "group", "aria-label": "Filters", hidden: true });
  const dialog = h("dialog.rs-dialog.rs-narrow", { "aria-labelledby": "rs-watch-title" });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  recsys.fill(element,
    h("header.rs-header", {},
      h("a.rs-brand", { href: "?", onclick: (event) => { event.preventDefault(); recsys.go({ tab: "similar", film: null, user: null, q: null, model: null, balance: null }); } },
        h("span.rs-logo", { "aria-hidden": "true" }), h("span", {}, h("b", {}, options.name), h("small", {}, options.tagline))),
      h("nav.rs-actions", { "aria-label": "Tools" },
        toggle,
        h("button.rs-tool", { type: "button", "aria-haspopup": "dialog", onclick: watchlist }, icon("watch"), h("span", {}, "Watch-list"), watched),
        h("button.rs-tool.rs-only", { type: "button", "aria-label": "Light or dark", onclick: () => recsys.theme(!document.body.classList.contains("dark")) }, icon("moon")))),
    panel, dialog);

  const defaults = options.defaults;
  const value = () => ({ ...defaults, ...(props.value || {}) });
  function set(changes, redraw = true) {
    props.value = { ...value(), ...changes };
    // A field that was just left must stay in place: the focus is on its way to the next one.
    draw(redraw);
    clearTimeout(timer);
    timer = setTimeout(() => { recsys.busy(true); trigger("filters"); }, 250);
  }

  function draw(redraw = true) {
    const now = value();
    const used = Object.keys(defaults).filter((key) => JSON.stringify(now[key]) !== JSON.stringify(defaults[key])).length;
    count.textContent = used;
    count.hidden = !used;
    toggle.setAttribute("aria-expanded", String(open));
    panel.hidden = !open;
    if (open && redraw) keepFocus(() => recsys.fill(panel, ...fields(now)));
  }

  // The panel is redrawn whole; the control in use is found again by its name.
  function keepFocus(change) {
    const name = panel.contains(document.activeElement) ? document.activeElement.dataset.name : null;
    change();
    if (name) panel.querySelector(`[data-name="${CSS.escape(name)}"]`)?.focus();
  }

  function fields(now) {
    const choice = (name, title, choices) => h("label", {}, h("span", {}, title),
      h("select", { "data-name": name, onchange: (event) => set({ [name]: JSON.parse(event.target.value) }, false) },
        choices.map(([text, one]) => h("option", { value: JSON.stringify(one), selected: JSON.stringify(one) === JSON.stringify(now[name]) }, text))));
    const year = (name, title) => h("label", {}, h("span", {}, title),
      h("input", { "data-name": name, type: "number", inputmode: "numeric", min: choices.years[0], max: choices.years[1], placeholder: "Any", value: now[name] ?? "",
        onchange: (event) => set({ [name]: event.target.value ? Math.round(Number(event.target.value)) : null }, false) }));
    const dial = (name, title, low, high, min) => h("label.rs-dial", {}, h("span", {}, title),
      h("input", { "data-name": name, type: "range", min, max: 1, step: 0.1, value: now[name], "aria-valuetext": dialText(now[name], low, high),
        onchange: (event) => set({ [name]: Number(event.target.value) }, false) }),
      h("span.rs-ends", { "aria-hidden": "true" }, h("small", {}, low), h("small", {}, high)));
    const genre = (one) => {
      const kind = now.genres_in.includes(one) ? "in" : now.genres_out.includes(one) ? "out" : "";
      const without = (list) => list.filter((other) => other !== one);
      return h("button.rs-chip", {
        type: "button", "data-name": `genre ${one}`, "data-kind": kind || null,
        "aria-label": `${one}: ${{ in: "wanted", out: "left out", "": "any" }[kind]}`,
        onclick: () => set(kind === "" ? { genres_in: [...now.genres_in, one] } : kind === "in" ? { genres_in: without(now.genres_in), genres_out: [...now.genres_out, one] } : { genres_out: without(now.genres_out) }),
      }, one);
    };
    return [
      h("div.rs-fields", {},
        choice("n", "Results", [12, 24, 48, 96].map((n) => [n, n])),
        choices.years[1] ? [year("year_from", "From year"), year("year_to", "To year")] : null,
        choices.languages.length > 1 ? choice("languages", "Language", [["Any", []], ...choices.languages.map(([code, text]) => [text, [code]])]) : null,
        dial("popularity", "Fame", "Hidden gems", "Well known", -1),
        dial("diversity", "Variety", "Closest", "Most varied", 0)),
      choices.genres.length ? h("fieldset", {}, h("legend", {}, options.words.genres, h("small", {}, " once: only these · twice: leave out")), h("div.rs-chips", {}, choices.genres.map(genre))) : null,
      h("button.rs-link", { type: "button", onclick: () => { set(defaults); toggle.focus(); } }, "Reset all filters"),
    ].filter(Boolean);
  }
  const dialText = (at, low, high) => (at === 0 ? "neutral" : `${Math.abs(Math.round(at * 100))}% towards ${at < 0 ? low : high}`);

  function watchlist() {
    const list = recsys.state.visitor.watch;
    recsys.fill(dialog,
      h("button.rs-close", { type: "button", "aria-label": "Close", onclick: () => dialog.close() }, icon("close")),
      h("h2", { id: "rs-watch-title" }, "Watch-list"),
      list.length
        ? h("ul.rs-watch", { role: "list" }, list.map((item) => h("li", {},
            h("button.rs-link", { type: "button", onclick: () => { dialog.close(); recsys.write({ details: item.item_id }); recsys.emit("details", item.item_id); } }, label(item)),
            h("button.rs-wipe", { type: "button", "aria-label": `Remove ${label(item)}`, onclick: () => { recsys.emit("mark", { ...item, verdict: "watch" }); watchlist(); } }, icon("close")))))
        : h("p.rs-empty", {}, `Nothing here yet. Open a ${options.words.item} and choose “Watch-list”.`),
      list.length ? h("button.rs-link", { type: "button", onclick: () => recsys.save("watch-list.csv", list.map((item) => `"${label(item).replaceAll('"', '""')}"`).join("\r\n"), "text/csv") }, "Save as CSV") : null);
    if (!dialog.open) dialog.showModal();
  }

  recsys.on("visitor", (visitor) => {
    const n = visitor.watch.length;
    watched.textContent = n;
    watched.hidden = !n;
    watched.title = plural(n, options.words.item);
  });
  watch("value", () => draw());
  draw();
};

// The address asks, the server answers: one event for every change of view.
recsys.router = (element, props, trigger) => {
  "use strict";
  recsys.state.sent = JSON.stringify({ ...recsys.query(), details: undefined });
  recsys.state.router = (query) => {
    props.value = query;
    setTimeout(() => trigger("go"), 0); // after the new value has reached the component
  };
};

// What the visitor marked lives here and in the browser's storage; the server sees it with each question only.
recsys.visitor = (element, props, trigger, server, watch) => {
  "use strict";
  recsys.on("mark", ({ verdict, model = "", source = "", ...item }) => {
    const visitor = structuredClone(recsys.state.visitor);
    if (verdict === "watch") {
      const kept = visitor.watch.filter((one) => one.item_id !== item.item_id);
      const added = kept.length === visitor.watch.length;
      visitor.watch = added ? [...kept, item] : kept;
      recsys.say(added ? `${item.title} is on your watch-list.` : `${item.title} is off your watch-list.`);
    } else {
      visitor.marks = visitor.marks.filter((one) => one.item_id !== item.item_id);
      if (verdict) visitor.marks.push({ item_id: item.item_id, verdict, title: item.title, year: item.year });
      recsys.say(verdict ? `${recsys.state.words[verdict]}: ${item.title}.` : `${item.title} is unmarked.`);
    }
    change(visitor);
    if (verdict === "watch" || !(verdict || visitor.key)) return;
    const { user_id, key, session } = visitor;
    server.verdict({ verdict, item_id: item.item_id, model, source, user_id, key, session })
      .then((reply) => { if (reply.error) recsys.say(reply.error); }, () => recsys.say("That was not stored: the server did not answer."));
  });
  recsys.on("forget", () => change({ ...recsys.state.visitor, marks: [], user_id: "", key: "" }));
  function change(visitor) {
    props.value = visitor;
    recsys.setVisitor(visitor);
    setTimeout(() => trigger("marked"), 0);
  }
  watch("value", () => recsys.setVisitor(props.value));
  recsys.setVisitor(props.value);
};
