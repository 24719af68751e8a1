// What a wish was understood as: one chip per part, with a button to change it and one to remove it.
recsys.components.wish = ({ element, props, watch }) => {
  const { h, icon } = recsys;
  let focused = -1; // place of the chip whose button was used; the focus stays there after the answer

  function render() {
    const { label = "", chips = [] } = props.value || {};
    if (!chips.length) return recsys.fill(element);
    const group = { role: "group", "aria-label": label };
    recsys.fill(element, h("div.rs-chips.rs-wish", group, h("span.rs-meta", {}, label), chips.map(chip)));
    if (focused >= 0) {
      const buttons = element.querySelectorAll(".rs-wipe");
      buttons[Math.min(focused, buttons.length - 1)]?.focus();
    }
    focused = -1;
  }

  function chip({ text, kind, change, without, why }, place) {
    const go = (q) => () => {
      focused = place;
      recsys.go({ tab: "similar", q, film: null });
    };
    const toChange = change && {
      type: "button",
      title: `Change to “${change.text}”`,
      "aria-label": `${text}: change to “${change.text}”`,
      onclick: go(change.q),
    };
    const said = why ? `${text}: ${why}` : text;
    return h(
      "span.rs-chip.rs-told",
      { "data-kind": kind },
      toChange ? h("button.rs-name", toChange, text) : h("span", { title: said }, said),
      h("button.rs-wipe", { type: "button", "aria-label": `Remove ${text}`, onclick: go(without) }, icon("close")),
    );
  }

  watch("value", render);
  render();
};
