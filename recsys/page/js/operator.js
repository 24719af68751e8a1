// The operator's panel on the Models tab: run jobs, watch them, and switch releases.
recsys.components.operator = ({ element, props, server, watch, options }) => {
  const { h, text } = recsys;
  const POLL_MS = 1500;
  const JOBS = { train: "Training", evaluate: "Evaluating", push: "Pushing to the Hub", pull: "Pulling from the Hub" };
  const RELEASE_CHANGES = ["switch", "roll_back", "unpin"];
  let state = {};
  let key = "";
  let asking = false;
  const typed = { models: new Set(), repo: null, revision: "", private: true, split: "random" };
  const work = h("div", { "aria-live": "polite" });
  const message = h("div", { "aria-live": "polite" });
  const body = h("div.rs-insight");
  recsys.fill(element, body);

  async function ask(action, more = {}) {
    if (asking) return;
    asking = true;
    const sent = { action, key, token: state.token || "", ...more };
    const reply = await recsys.ask(() => server.operate(sent));
    asking = false;
    const wasRunning = state.job?.running;
    state = "error" in reply && !("locked" in reply || "versions" in reply) ? { ...state, ...reply } : withToken(reply);
    if (reply.locked) key = "";
    draw(action === "look");
    const finished = wasRunning && !state.job?.running && state.job?.outcome === "done";
    // Reload the tables above, which show the current release.
    if (finished || (RELEASE_CHANGES.includes(action) && !reply.error)) recsys.go({ tab: "models" }, { replace: true });
  }
  const withToken = (reply) => ({ token: state.token, ...reply });

  // Polls only while the panel is visible and a job runs.
  setInterval(() => {
    if (state.job?.running && element.offsetParent && !document.hidden) ask("look");
  }, POLL_MS);

  // `quiet` does not redraw the forms, because the operator may be typing.
  function draw(quiet) {
    if (state.locked) return recsys.fill(body, lock());
    if (!state.versions) return recsys.fill(body);
    if (!quiet || !body.querySelector(".rs-panel")) recsys.fill(body, panels());
    drawMessage();
    drawJob();
    drawFigures();
    for (const button of body.querySelectorAll("[data-job]")) button.disabled = Boolean(state.job?.running);
  }

  function panels() {
    const forms = recsys.operatorForms({ state, typed, splits: options.splits, ask });
    const lead =
      "Train and evaluate models, share them on the Hugging Face Hub, and switch releases. " +
      "One job runs at a time, in a separate process; the site stays available.";
    return h(
      "section",
      {},
      h("h2", {}, "Manage models"),
      h("p.rs-lead", {}, lead),
      state.notes?.length
        ? h(
            "ul.rs-notes",
            {},
            state.notes.map((note) => h("li", {}, note)),
          )
        : null,
      message,
      work,
      forms.map((form) => h("div.rs-panel", {}, form)),
      h("div.rs-panel.rs-figures"),
    );
  }

  function lock() {
    const field = h("input", { type: "password", autocomplete: "current-password", id: "rs-key" });
    const onsubmit = (event) => {
      event.preventDefault();
      key = field.value;
      ask("look");
    };
    const form = h(
      "form.rs-ask",
      { onsubmit },
      h("label", {}, "Admin key", field),
      h("button.rs-do", { type: "submit" }, "Unlock"),
    );
    const closed = h("p.rs-lead", {}, "This part is closed because RECSYS_ADMIN_KEY is not set.");
    return h(
      "section",
      {},
      h("h2", {}, "Manage models"),
      h("p.rs-lead", {}, "Training, the Hub and releases are for the operator of this site."),
      state.error ? h("p.rs-error", { role: "alert" }, state.error) : null,
      state.has_key === false ? closed : form,
    );
  }

  function drawMessage() {
    if (state.error) recsys.fill(message, h("p.rs-error", { role: "alert" }, state.error));
    else recsys.fill(message, state.message ? h("p.rs-why", {}, state.message) : null);
  }

  function drawJob() {
    const { job } = state;
    if (!job) return recsys.fill(work);
    const time = text.duration(job.seconds);
    const title = `${JOBS[job.name] ?? job.name}: ${job.running ? "running for" : `${job.outcome} after`} ${time}`;
    const shown = work.querySelector("pre");
    const atEnd = !shown || shown.scrollTop + shown.clientHeight >= shown.scrollHeight - 8;
    const log = h("pre", { tabindex: 0, "aria-label": "Output of the job" }, job.lines.join("\n") || "Starting …");
    const cancel = { type: "button", onclick: () => ask("cancel") };
    const share = { "aria-label": "Progress", ...(job.share === null ? {} : { max: 1, value: job.share }) };
    recsys.fill(
      work,
      h(
        "div.rs-work",
        {},
        h("div.rs-head", {}, h("b", {}, title), job.running ? h("button.rs-do.rs-quiet", cancel, "Cancel") : null),
        job.running ? h("progress", share) : null,
        log,
      ),
    );
    if (atEnd) log.scrollTop = log.scrollHeight;
  }

  function drawFigures() {
    const refresh = { type: "button", onclick: () => ask("look") };
    const head = h("div.rs-head", {}, h("h3", {}, "This service"), h("button.rs-link", refresh, "Refresh"));
    recsys.fill(body.querySelector(".rs-figures"), head, recsys.sheet(state.html || ""));
  }

  function take() {
    if (props.value?.locked && key) return ask("look");
    state = { ...(props.value || {}) };
    draw(false);
  }
  watch("value", take);
  take();
};
