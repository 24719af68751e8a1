// The footer: data set and licence.
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
