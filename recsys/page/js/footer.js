// The footer: data set and licence.
recsys.components.footer = ({ element, props, watch }) => {
  const { h } = recsys;

  function render() {
    const { lines = [], match } = props.value || {};
    // a release that is calibrated after the page was built
    if (match !== undefined) recsys.state.words.match = match;
    recsys.fill(
      element,
      h(
        "footer.rs-foot",
        {},
        lines.map((line) => h("p", {}, line)),
      ),
    );
  }
  watch("value", render);
  render();
};
