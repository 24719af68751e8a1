// What Gradio's tabs lack: names, arrow keys, and a title of the window for each view.
(() => {
  const KEYS = { ArrowRight: 1, ArrowLeft: -1, Home: "first", End: "last" };

  document.addEventListener("keydown", (event) => {
    const tab = event.target.closest?.('[role="tab"]');
    const key = KEYS[event.key];
    if (!tab || !key) return;
    const tabs = [...tab.parentElement.querySelectorAll('[role="tab"]')].filter((one) => one.offsetParent);
    const steps = { first: 0, last: tabs.length - 1 };
    const next = tabs[steps[key] ?? (tabs.indexOf(tab) + key + tabs.length) % tabs.length];
    next.focus();
    next.click();
    event.preventDefault();
  });

  const openPanel = () => [...document.querySelectorAll('[role="tabpanel"]')].find((panel) => panel.offsetParent);

  // The heading of the open view, or the name of its tab.
  function title() {
    const heading = [...(openPanel()?.querySelectorAll(".rs-head h2, .rs-hero h2") ?? [])].find(
      (one) => one.offsetParent,
    );
    return heading?.textContent || document.querySelector('[role="tab"][aria-selected="true"]')?.textContent.trim();
  }
  recsys.retitle = (text = title()) => {
    document.title = recsys.text.joined([text, recsys.state.words.name]);
  };

  recsys.skipToContent = () => {
    const heading = openPanel()?.querySelector("h2, [role=combobox], input");
    if (!heading) return;
    if (heading.localName === "h2") heading.tabIndex = -1;
    heading.focus();
    heading.scrollIntoView({ block: "center" });
  };

  function name() {
    for (const list of document.querySelectorAll('[role="tablist"]')) list.setAttribute("aria-label", "Views");
    const selected = document.querySelector('[role="tab"][aria-selected="true"]');
    if (selected) openPanel()?.setAttribute("aria-label", selected.textContent.trim());
  }
  recsys.on("answered", () => {
    name();
    if (!recsys.view().details) recsys.retitle();
  });
})();
