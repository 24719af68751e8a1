// What the site contains, where ratings stay, and what only the edition with a server has.
recsys.components.about = ({ element, props, watch }) => {
  const { h } = recsys;

  function render() {
    const { sections = [] } = props.value || {};
    const section = ({ title, lines, link }) =>
      h(
        "section",
        {},
        h("h2", {}, title),
        lines.map((line) => h("p", {}, line)),
        link ? h("p", {}, h("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, link)) : null,
      );
    recsys.fill(element, h("div.rs-about-site", {}, sections.map(section)));
  }
  watch("value", render);
  render();
};
