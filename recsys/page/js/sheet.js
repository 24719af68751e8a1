// A tab of charts and tables that the server renders as HTML, with all texts escaped.
(() => {
  const { h } = recsys;

  // The only place where HTML from the server is inserted into the page.
  recsys.sheet = (html) => {
    const sheet = h("div.rs-insight");
    sheet.innerHTML = html;
    return sheet;
  };

  recsys.components.sheet = ({ element, props, watch, options }) => {
    let shown = null;

    function render() {
      const { html, error } = props.value || {};
      if (html && html === shown) return; // keep opened tables of numbers open
      shown = html;
      if (html && !error) return recsys.fill(element, recsys.sheet(html));
      const message = error
        ? h("p.rs-error", { role: "alert" }, error)
        : h("p.rs-empty", { role: "status" }, options.waiting);
      recsys.fill(element, h("div.rs-insight", {}, message));
    }
    recsys.on("unanswered", () => {
      if (!element.offsetParent || shown) return;
      const again = h("button.rs-link", { type: "button", onclick: recsys.again }, "Try again");
      recsys.fill(element, h("p.rs-error", { role: "alert" }, recsys.NO_ANSWER, " ", again));
    });
    watch("value", render);
    render();
  };
})();
