// Buttons with examples.
recsys.components.chips = ({ element, props, watch }) => {
  const { h, icon } = recsys;

  function render() {
    const { label = "", chips = [], surprise = null } = props.value || {};
    recsys.fill(
      element,
      h(
        "div.rs-chips",
        { role: "group", "aria-label": label },
        label ? h("span.rs-meta", {}, label) : null,
        chips.map((one) => h("button.rs-chip", { type: "button", onclick: () => recsys.go(one.go) }, one.text)),
        surprise ? dice(surprise) : null,
      ),
    );
  }
  function dice(go) {
    return h(
      "button.rs-chip.rs-surprise",
      { type: "button", onclick: () => recsys.go(go) },
      icon("dice"),
      "Surprise me",
    );
  }
  watch("value", render);
  render();
};
