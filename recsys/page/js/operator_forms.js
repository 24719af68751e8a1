// Forms of the operator's panel. Their values are stored in `typed`, so that a redraw does not lose them.
(() => {
  const { h } = recsys;

  // One element for each panel. `ask(action, values)` sends an action to the server.
  recsys.operatorForms = ({ state, typed, splits, ask }) => {
    const time = h("p.rs-meta", { role: "status" });
    if (state.rated) sayTime();

    // A job's button is disabled while another job runs.
    function start(title, action, values, quiet = false) {
      const kind = quiet ? "button.rs-do.rs-quiet" : "button.rs-do";
      return h(kind, { type: "button", "data-job": "", onclick: () => ask(action, values()) }, title);
    }
    function chosen() {
      return [...typed.models];
    }

    function training() {
      if (!state.rated) return h("p.rs-lead", {}, "There are no ratings to train on.");
      return h(
        "div.rs-insight",
        {},
        h("fieldset.rs-boxes", {}, h("legend", {}, "Models"), state.models.map(box)),
        time,
        h(
          "div.rs-ask",
          {},
          start("Train", "train", () => ({ models: chosen() })),
          h("label", {}, "Test split", splitChoice()),
          start("Evaluate", "evaluate", () => ({ models: chosen(), split: typed.split }), true),
        ),
      );
    }
    function sayTime() {
      time.textContent = recsys.text.trainingTime(state.models.filter((model) => typed.models.has(model.name)));
    }
    function box(model) {
      const onchange = ({ target }) => {
        typed.models[target.checked ? "add" : "delete"](model.name);
        sayTime();
      };
      const note = model.trained ? "" : h("small", {}, " · not trained yet");
      return h(
        "label",
        {},
        h("input", { type: "checkbox", checked: typed.models.has(model.name), onchange }),
        h("span", {}, model.title, note),
      );
    }
    function splitChoice() {
      const option = (name) => h("option", { value: name, selected: name === typed.split }, name);
      const onchange = (event) => {
        typed.split = event.target.value;
      };
      return h("select", { onchange }, splits.map(option));
    }

    function hub() {
      const repo = () => typed.repo ?? state.repo;
      return h(
        "div.rs-insight",
        {},
        h("h3", {}, "Hugging Face Hub"),
        h(
          "div.rs-ask",
          {},
          field("repo", "Model repository", "USER/REPO"),
          field("revision", "Revision to pull", "main"),
        ),
        h(
          "div.rs-ask",
          {},
          h("label.rs-check", {}, privacy(), "Create as private"),
          start("Push", "push", () => ({ repo: repo(), private: typed.private })),
          start("Pull", "pull", () => ({ repo: repo(), revision: typed.revision }), true),
        ),
      );
    }
    function field(name, title, placeholder) {
      const input = h("input", {
        type: "text",
        value: typed[name] ?? state.repo,
        placeholder,
        autocapitalize: "off",
        spellcheck: "false",
        oninput: (event) => {
          typed[name] = event.target.value;
        },
      });
      return h("label", {}, title, input);
    }
    function privacy() {
      const onchange = (event) => {
        typed.private = event.target.checked;
      };
      return h("input", { type: "checkbox", checked: typed.private, onchange });
    }

    function releases() {
      const option = (version) => {
        const served = version === state.served;
        return h("option", { value: version, selected: served }, served ? `${version} (served)` : version);
      };
      const pick = h("select", {}, state.versions.map(option));
      return h(
        "div.rs-insight",
        {},
        h("h3", {}, "Releases"),
        h(
          "div.rs-ask",
          {},
          h("label", {}, "Release", pick),
          start("Serve this one", "switch", () => ({ version: pick.value })),
          start("Serve the next older one", "roll_back", () => ({}), true),
        ),
        state.pinned ? pin() : null,
      );
    }

    function pin() {
      return h(
        "p.rs-meta",
        {},
        `Release ${state.pinned} is pinned: newer releases on the Hub are ignored. `,
        h("button.rs-link", { type: "button", onclick: () => ask("unpin") }, "Follow the newest release again"),
      );
    }

    return [training(), hub(), releases()];
  };
})();
