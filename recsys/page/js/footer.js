// What is served, and under which terms.
recsys.components.footer = ({ element, props, watch }) => {
  const { h } = recsys;

  function render() {
    const { lines = [] } = props.value || {};
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
