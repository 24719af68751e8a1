// The Activity tab: filters of the event log, its charts and lines, and export as a file.
recsys.components.activity = ({ element, props, server, watch, options }) => {
  const { h } = recsys;
  const ALL = { model: "", verdict: "", first: "", last: "" };
  const CONTROLS = "select, input, button";
  let filters = { ...ALL };
  let latest = 0;
  let needsKey = true;
  let key = "";
  const bar = h("div.rs-ask", { role: "group", "aria-label": "Filter the log" });
  const results = h("div.rs-results.rs-insight");
  const sheet = h("div.rs-insight");
  recsys.fill(element, sheet);

  function render(value) {
    if (!value?.html && !value?.error) {
      recsys.fill(sheet, h("p.rs-empty", { role: "status" }, "Reading the log …"));
      return;
    }
    // Filters and results come together, so that the filters do not push anything down.
    if (!bar.isConnected) recsys.fill(sheet, bar, results);
    needsKey = !value.exports;
    if (value.filters) filters = { ...ALL, ...value.filters };
    if (value.models) recsys.fill(bar, controls(value.models));
    if (value.error) recsys.fill(results, h("p.rs-error", { role: "alert" }, value.error));
    else recsys.fill(results, recsys.sheet(value.html));
  }

  function controls(models) {
    const quiet = (title, onclick) => h("button.rs-do.rs-quiet", { type: "button", onclick }, title);
    return [
      choice("model", "Model", [["", "All"], ...models.map((one) => [one.name, one.title])]),
      choice("verdict", "Feedback", [["", "All"], ...Object.entries(options.verdicts)]),
      day("first", "From"),
      day("last", "To"),
      Object.values(filters).some(Boolean) ? quiet("Show all", () => ask(ALL)) : null,
      ...(needsKey ? [keyField()] : []),
      quiet("Save as CSV", () => save("csv")),
      quiet("Save as JSON", () => save("json")),
    ];
  }
  // Only the operator may export the log.
  function keyField() {
    const oninput = (event) => {
      key = event.target.value;
    };
    const field = { type: "password", value: key, autocomplete: "off", placeholder: "to save the log", oninput };
    return h("label", {}, "Admin key", h("input", field));
  }
  function choice(name, title, choices) {
    const option = ([value, label]) => h("option", { value, selected: value === filters[name] }, label);
    const onchange = (event) => ask({ [name]: event.target.value });
    return h("label", {}, title, h("select", { onchange }, choices.map(option)));
  }
  function day(name, title) {
    const onchange = (event) => ask({ [name]: event.target.value });
    return h("label", {}, title, h("input", { type: "date", value: filters[name], onchange }));
  }

  async function ask(changes) {
    filters = { ...filters, ...changes };
    latest += 1;
    const mine = latest;
    sheet.setAttribute("aria-busy", "true");
    const value = await recsys.ask(() => server.activity(filters));
    if (mine !== latest) return;
    sheet.removeAttribute("aria-busy");
    const place = [...bar.querySelectorAll(CONTROLS)].indexOf(document.activeElement);
    render(value);
    if (place >= 0) bar.querySelectorAll(CONTROLS)[place]?.focus();
  }

  async function save(format) {
    const file = await recsys.ask(() => server.export({ ...filters, format, key }));
    if (file.error) recsys.notify(file.error);
    else recsys.save(file.name, file.text, file.type);
  }

  watch("value", () => render(props.value));
  render(props.value);
};
