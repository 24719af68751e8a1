// Tabs of figures: sheets of charts made on the server, the activity log, the operator's panel.
// The server's HTML has every text escaped; whatever is put together here goes through textContent.
recsys.sheet = (element, props, trigger, server, watch, options) => {
  "use strict";
  const { h } = recsys;
  let shown = null;
  function render() {
    const { html, error } = props.value || {};
    if (html === shown && html) return; // an open table of numbers stays open
    shown = html;
    const sheet = h("div.rs-insight", {});
    if (error) sheet.append(h("p.rs-error", { role: "alert" }, error));
    else if (html) sheet.innerHTML = html;
    else sheet.append(h("p.rs-empty", { role: "status" }, options.waiting));
    element.replaceChildren(sheet);
  }
  watch("value", render);
  render();
};

recsys.activity = (element, props, trigger, server, watch, options) => {
  "use strict";
  const { h } = recsys;
  const EMPTY = { model: "", verdict: "", first: "", last: "" };
  let asked = { ...EMPTY };
  let latest = 0;
  const results = h("div.rs-results.rs-insight", {});
  const bar = h("div.rs-ask", { role: "group", "aria-label": "Which events" });
  const sheet = h("div.rs-insight", {}, bar, results);
  element.replaceChildren(sheet);

  function choice(name, title, choices) {
    return h("label", {}, title, h("select", { onchange: (event) => ask({ [name]: event.target.value }) },
      choices.map(([value, text]) => h("option", { value, selected: value === asked[name] }, text))));
  }
  const day = (name, title) => h("label", {}, title, h("input", { type: "date", value: asked[name], onchange: (event) => ask({ [name]: event.target.value }) }));

  function controls(models) {
    bar.replaceChildren(
      choice("model", "Model", [["", "All"], ...models.map((one) => [one.name, one.title])]),
      choice("verdict", "Verdict", [["", "All"], ...Object.entries(options.said)]),
      day("first", "From"), day("last", "To"),
      Object.values(asked).some(Boolean) ? h("button.rs-do.rs-quiet", { type: "button", onclick: () => ask(EMPTY) }, "All again") : "",
      ...["csv", "json"].map((format) => h("button.rs-do.rs-quiet", { type: "button", onclick: () => save(format) }, `Save as ${format.toUpperCase()}`)));
  }
  function render(value) {
    if (!value || !(value.html || value.error)) {
      results.replaceChildren(h("p.rs-empty", { role: "status" }, "Reading the log …"));
      return;
    }
    if (value.asked) asked = { ...EMPTY, ...value.asked };
    if (value.models) controls(value.models);
    if (value.error) results.replaceChildren(h("p.rs-error", { role: "alert" }, value.error));
    else results.innerHTML = value.html;
  }
  async function ask(changes) {
    asked = { ...asked, ...changes };
    const mine = ++latest;
    sheet.setAttribute("aria-busy", "true");
    const value = await server.activity(asked).catch(() => ({ error: "The server did not answer; try again." }));
    if (mine !== latest) return;
    sheet.removeAttribute("aria-busy");
    const focus = bar.contains(document.activeElement) ? [...bar.querySelectorAll("select, input, button")].indexOf(document.activeElement) : -1;
    render(value);
    if (focus >= 0) bar.querySelectorAll("select, input, button")[focus]?.focus();
  }
  async function save(format) {
    const file = await server.export({ ...asked, format }).catch(() => ({ error: "The server did not answer; try again." }));
    if (file.error) recsys.say(file.error);
    else recsys.save(file.name, file.text, file.type);
  }
  watch("value", () => render(props.value));
  render(props.value);
};

recsys.operator = (element, props, trigger, server, watch, options) => {
  "use strict";
  const { h } = recsys;
  const POLL_MS = 1500;
  let state = {};
  let key = "";
  let asking = false;
  const chosen = new Set();
  const typed = { repo: null, revision: "", private: true, split: "random" };
  const work = h("div", { "aria-live": "polite" });
  const message = h("div", { "aria-live": "polite" });
  const body = h("div.rs-insight", {});
  element.replaceChildren(h("div.rs-insight", {}, body));

  async function ask(action, more = {}) {
    if (asking) return;
    asking = true;
    const answer = await server.operate({ action, key, token: state.token || "", ...more }).catch(() => ({ ...state, error: "The server did not answer; try again." }));
    asking = false;
    const was = state.job?.running;
    state = { token: state.token, ...answer };
    if (answer.locked) key = "";
    draw(action === "look");
    if (was && !state.job?.running && state.job?.outcome === "done") recsys.go?.({ tab: "models" }, { replace: true });
  }

  // Asked for only while somebody looks and something runs.
  setInterval(() => {
    if (state.job?.running && element.offsetParent && !document.hidden) ask("look");
  }, POLL_MS);

  function draw(quiet) {
    if (state.locked || !state.versions) return body.replaceChildren(...(state.locked ? [lock()] : []));
    if (!quiet || !body.querySelector(".rs-panel")) {
      body.replaceChildren(h("section", {}, h("h2", {}, "Run it"),
        h("p.rs-lead", {}, "Train, measure, share and switch releases. One job runs at a time, in a process of its own; visitors are answered all the while."),
        message, work, h("div.rs-panel", {}, training()), h("div.rs-panel", {}, hub()), h("div.rs-panel", {}, releases()),
        h("div.rs-panel.rs-figures", {})));
    }
    say();
    progress();
    const figures = body.querySelector(".rs-figures");
    const inner = h("div.rs-insight", {});
    inner.innerHTML = state.html || "";
    figures.replaceChildren(h("div.rs-head", {}, h("h3", {}, "This service"), h("button.rs-link", { type: "button", onclick: () => ask("look") }, "Refresh")), inner);
    for (const button of body.querySelectorAll("[data-job]")) button.disabled = Boolean(state.job?.running);
  }
  function say() {
    message.replaceChildren(state.error ? h("p.rs-error", { role: "alert" }, state.error) : state.said ? h("p.rs-why", {}, state.said) : "");
  }
  function lock() {
    const field = h("input", { type: "password", autocomplete: "current-password", id: "rs-key" });
    return h("section", {}, h("h2", {}, "Run it"),
      h("p.rs-lead", {}, "Training, the Hub and releases are for whoever runs this service."),
      state.error ? h("p.rs-error", { role: "alert" }, state.error) : null,
      state.has_key === false
        ? h("p.rs-lead", {}, "No RECSYS_ADMIN_KEY is set, so this stays closed.")
        : h("form.rs-ask", { onsubmit: (event) => { event.preventDefault(); key = field.value; ask("look"); } },
            h("label", {}, "Admin key", field), h("button.rs-do", { type: "submit" }, "Unlock")));
  }
  function progress() {
    const job = state.job;
    if (!job) return work.replaceChildren();
    const title = `${{ train: "Training", evaluate: "Measuring", push: "Pushing to the Hub", pull: "Pulling from the Hub" }[job.name] || job.name}: `;
    const told = job.running ? `under way for ${duration(job.seconds)}` : `${job.outcome} after ${duration(job.seconds)}`;
    const scrolled = work.querySelector("pre");
    const atEnd = !scrolled || scrolled.scrollTop + scrolled.clientHeight >= scrolled.scrollHeight - 8;
    const text = h("pre", { tabindex: 0, "aria-label": "What the job says" }, job.lines.join("\n") || "Starting …");
    work.replaceChildren(h("div.rs-work", {},
      h("div.rs-head", {}, h("b", {}, title + told),
        job.running ? h("button.rs-do.rs-quiet", { type: "button", onclick: () => ask("cancel") }, "Cancel") : null),
      job.running ? h("progress", job.share === null ? { "aria-label": "Progress" } : { "aria-label": "Progress", max: 1, value: job.share }) : null,
      text));
    if (atEnd) text.scrollTop = text.scrollHeight;
  }
  const duration = (seconds) => (seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`);

  function start(title, action, more, quiet = false) {
    return h(quiet ? "button.rs-do.rs-quiet" : "button.rs-do", { type: "button", "data-job": "", onclick: () => ask(action, more()) }, title);
  }
  function training() {
    if (!state.rated) return h("p.rs-lead", {}, "There are no ratings to learn from.");
    const box = (one) => h("label", {},
      h("input", { type: "checkbox", checked: chosen.has(one.name), onchange: (event) => (event.target.checked ? chosen.add(one.name) : chosen.delete(one.name)) }),
      h("span", {}, one.title, one.trained ? "" : h("small", {}, " · not trained yet")));
    return h("div.rs-insight", {},
      h("fieldset.rs-boxes", {}, h("legend", {}, "Models"), state.models.map(box)),
      h("div.rs-ask", {},
        start("Train", "train", () => ({ models: [...chosen] })),
        h("label", {}, "Held out", h("select", { onchange: (event) => { typed.split = event.target.value; } },
          Object.keys(options.splits).filter((name) => name !== "fold").map((name) => h("option", { value: name, selected: name === typed.split }, name)))),
        start("Measure", "evaluate", () => ({ models: [...chosen], split: typed.split }), true)));
  }
  function hub() {
    const field = (name, title, placeholder) => h("label", {}, title,
      h("input", { type: "text", value: typed[name] ?? state.repo, placeholder, autocapitalize: "off", spellcheck: "false", oninput: (event) => { typed[name] = event.target.value; } }));
    const repo = () => typed.repo ?? state.repo;
    return h("div.rs-insight", {}, h("h3", {}, "Hugging Face Hub"),
      h("div.rs-ask", {}, field("repo", "Model repository", "USER/REPO"), field("revision", "Revision to pull", "main")),
      h("div.rs-ask", {},
        h("label.rs-check", {}, h("input", { type: "checkbox", checked: typed.private, onchange: (event) => { typed.private = event.target.checked; } }), "private where new"),
        start("Push", "push", () => ({ repo: repo(), private: typed.private })),
        start("Pull", "pull", () => ({ repo: repo(), revision: typed.revision }), true)));
  }
  function releases() {
    const pick = h("select", {}, state.versions.map((version) => h("option", { value: version, selected: version === state.served }, version === state.served ? `${version} (served)` : version)));
    return h("div.rs-insight", {}, h("h3", {}, "Releases"),
      h("div.rs-ask", {}, h("label", {}, "Release", pick),
        start("Serve this one", "switch", () => ({ version: pick.value })),
        start("Roll back", "roll_back", () => ({}), true)));
  }

  watch("value", () => {
    if (props.value?.locked && key) return void ask("look");
    state = { ...(props.value || {}) };
    draw(false);
  });
  state = { ...(props.value || {}) };
  draw(false);
};
