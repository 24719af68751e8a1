// The header: name, filters, watch-list and theme.
recsys.components.shell = ({ element, props, server, options }) => {
  const { h, icon, filters } = recsys;
  const SETTLED_MS = 250; // time without a change before a request
  Object.assign(recsys.state.words, options.words, { name: options.name });
  recsys.state.tabs = options.tabs;
  recsys.keepTheme();
  document.getElementById("rs-start")?.remove();
  let open = false;
  let choices = null;
  let timer = null;

  const count = h("span.rs-count", { hidden: true });
  const toggle = h(
    "button.rs-tool",
    { type: "button", "aria-expanded": "false", "aria-controls": "rs-filters", onclick: opened },
    icon("filter"),
    h("span", {}, "Filters"),
    count,
  );
  const panel = h("div.rs-filters", { id: "rs-filters", role: "group", "aria-label": "Filters", hidden: true });
  const theme = h(
    "button.rs-tool.rs-only",
    { type: "button", "aria-label": "Dark theme", title: "Dark theme", onclick: recsys.toggleTheme },
    icon("moon"),
  );
  const setTheme = (dark) => theme.setAttribute("aria-pressed", String(dark));
  recsys.on("theme", setTheme);
  setTheme(document.body.classList.contains("dark"));
  const watchList = recsys.watchList();

  recsys.fill(
    element,
    h("button.rs-skip", { type: "button", onclick: recsys.skipToContent }, "Skip to content"),
    h("header.rs-header", {}, brand(), h("nav.rs-actions", { "aria-label": "Tools" }, toggle, watchList.button, theme)),
    panel,
    watchList.dialog,
  );

  function brand() {
    const home = { tab: "similar", film: null, user: null, q: null, model: null, balance: null, batch: null, by: null };
    const onclick = (event) => {
      event.preventDefault();
      recsys.go(home);
    };
    const name = h("span", {}, h("b", {}, options.name), h("small", {}, options.tagline));
    return h("h1", {}, h("a.rs-brand", { href: "?", onclick }, h("span.rs-logo", { "aria-hidden": "true" }), name));
  }

  const value = () => filters.complete(props.value);

  async function opened() {
    open = !open;
    if (open && !choices) {
      const reply = await recsys.ask(() => server.options(null));
      if (reply.error) {
        open = false;
        recsys.notify(reply.error);
        return;
      }
      choices = reply;
    }
    draw();
  }

  // `redraw` rebuilds the controls, except after leaving a field, because the focus moves to the next field.
  function set(changes, redraw = true) {
    take({ ...value(), ...changes }, redraw);
    clearTimeout(timer);
    timer = setTimeout(() => recsys.filtered(value()), SETTLED_MS);
  }
  function take(now, redraw = true) {
    props.value = now;
    recsys.state.filters = now;
    document.body.classList.toggle("rs-hide-marked", now.hide_marked);
    draw(redraw);
  }

  function draw(redraw = true) {
    const used = filters.used(value());
    count.textContent = used;
    count.hidden = !used;
    toggle.setAttribute("aria-expanded", String(open));
    panel.hidden = !open;
    if (!open || !redraw) return;
    // The whole panel is redrawn, so find the focused control again by its name.
    const name = panel.contains(document.activeElement) ? document.activeElement.dataset.name : null;
    recsys.fill(panel, recsys.filterControls(value(), choices, set, server.named), reset());
    if (name) panel.querySelector(`[data-name="${CSS.escape(name)}"]`)?.focus();
  }
  function reset() {
    const onclick = () => {
      set(filters.DEFAULTS);
      toggle.focus();
    };
    return h("button.rs-link", { type: "button", onclick }, "Reset all filters");
  }

  recsys.on("clear filters", () => set(filters.DEFAULTS));
  // Back and Forward may lead to a view with other filters.
  recsys.on("filters", (now) => {
    if (JSON.stringify(now) !== JSON.stringify(value())) take(now);
  });
  take(recsys.arrive()[1]);
  // Gradio does not notice a value that is set while the component is built; events would send the default.
  let settled = false;
  recsys.on("answered", () => {
    if (!settled) props.value = structuredClone(recsys.state.filters);
    settled = true;
  });
};
