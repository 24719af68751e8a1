// Fields that change the URL: texts, choices and sliders from 0 to 1.
recsys.components.controls = ({ element, props, watch, options }) => {
  const { h } = recsys;
  const inputs = {}; // by key
  const labels = {};

  const make = {
    text(field) {
      const input = h("input", { type: "text", placeholder: field.hint, autocomplete: "off", spellcheck: "false" });
      const take = (force) => recsys.go({ [field.key]: input.value.trim() }, { force });
      input.addEventListener("blur", () => take(false));
      input.addEventListener("keydown", (event) => {
        if (event.key === "Enter") take(true);
      });
      return [input];
    },
    choice(field) {
      return [h("select", { onchange: (event) => recsys.go({ [field.key]: event.target.value }) })];
    },
    slider(field) {
      const input = h("input", {
        type: "range",
        min: 0,
        max: 1,
        step: 0.05,
        oninput: () => {
          say(field, input);
          recsys.goSoon({ [field.key]: input.value });
        },
      });
      return [
        input,
        h("span.rs-ends", { "aria-hidden": "true" }, h("small", {}, field.low), h("small", {}, field.high)),
      ];
    },
  };

  function say(field, input) {
    const high = Math.round(100 * Number(input.value));
    input.setAttribute("aria-valuetext", `${100 - high}% ${field.low}, ${high}% ${field.high}`);
  }

  // Writes the used value to the URL if the one there is no number from 0 to 1.
  function tidy(key, used) {
    const asked = recsys.view()[key];
    const isUsable = asked === undefined || (Number(asked) >= 0 && Number(asked) <= 1);
    if (!isUsable && used !== undefined) recsys.adopt({ [key]: used });
  }

  function build(field) {
    const [input, ...rest] = make[field.kind](field);
    inputs[field.key] = input;
    labels[field.key] = h("label", { "data-kind": field.kind }, h("span", {}, field.label), input, ...rest);
    return labels[field.key];
  }

  function submit() {
    const first = options.fields.find((field) => field.kind === "text");
    const onclick = () => recsys.go({ [first.key]: inputs[first.key].value.trim() });
    return h("button.rs-do", { type: "button", onclick }, options.submit);
  }

  function render() {
    const { values = {}, choices = {} } = props.value || {};
    // Until the first value is there, fields that are always shown keep their place, so that nothing moves later.
    const waits = !props.value?.values && options.fields.some(({ kind }) => kind !== "choice");
    element.firstChild.classList.toggle("rs-waits", waits);
    for (const field of options.fields) {
      const input = inputs[field.key];
      const isMissing = !(field.key in values) || (field.kind === "choice" && !choices[field.key]?.length);
      labels[field.key].hidden = isMissing && !waits;
      if (field.kind === "choice") {
        const option = ([value, title]) => h("option", { value }, title);
        recsys.fill(input, (choices[field.key] ?? []).map(option));
      }
      // Do not change a field while the visitor types.
      if (!(field.kind === "text" && input === document.activeElement)) input.value = values[field.key] ?? "";
      if (field.kind === "slider" && !waits) {
        say(field, input);
        tidy(field.key, values[field.key]);
      }
    }
  }

  recsys.fill(element, h("div.rs-controls", {}, options.fields.map(build), options.submit ? submit() : null));
  watch("value", render);
  render();
};
