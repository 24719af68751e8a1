// Runs the page's components without a server: what Gradio does for them in the other edition.
recsys.host = (() => {
  const { h } = recsys;
  const mounted = new Map(); // {set} by name

  // Creates a component in a new element, or in `into`. `events` are called when it triggers them, `server` has functions that it
  // may await.
  function mount(
    name,
    script,
    { id, classes = "", value = null, server = {}, events = {}, into = null, ...options } = {},
  ) {
    const element = into ?? h("div", { id, class: `rs-bare ${classes}`.trim() });
    const listeners = [];
    let current = value;
    const props = {
      get value() {
        return current;
      },
      set value(next) {
        current = next;
      },
    };
    const trigger = (event, data) => events[event]?.(data);
    const watch = (_, listener) => listeners.push(listener);
    recsys.components[script]({ element, props, trigger, server, watch, options });
    mounted.set(name, {
      get value() {
        return current;
      },
      set(next) {
        current = next;
        for (const listener of listeners) listener();
      },
    });
    return element;
  }

  const value = (name) => mounted.get(name).value;
  function set(values) {
    for (const [name, next] of Object.entries(values)) mounted.get(name)?.set(next);
  }

  // A row of tabs and their panels; `open` shows one.
  function tabs(titles, panels) {
    const buttons = Object.entries(titles).map(([key, title]) =>
      h(
        "button",
        { role: "tab", id: `tab-${key}`, type: "button", "data-tab-id": key, "aria-controls": `panel-${key}` },
        title,
      ),
    );
    const sheets = Object.entries(panels).map(([key, parts]) =>
      h("div.tabitem", { role: "tabpanel", id: `panel-${key}`, hidden: true }, parts),
    );
    const element = h(
      "div.tabs",
      { id: "rs-tabs" },
      h("div.tab-wrapper", {}, h("div.tab-container", { role: "tablist" }, buttons)),
      sheets,
    );
    function open(key) {
      for (const button of buttons) {
        const isOpen = button.dataset.tabId === key;
        button.classList.toggle("selected", isOpen);
        button.setAttribute("aria-selected", String(isOpen));
        button.tabIndex = isOpen ? 0 : -1;
      }
      for (const sheet of sheets) sheet.hidden = sheet.id !== `panel-${key}`;
    }
    return { element, open };
  }

  return { mount, value, set, tabs };
})();
