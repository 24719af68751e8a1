// Adds to Gradio's tabs: URLs, names, arrow keys, and a window title for each view.
(() => {
  const DRAWN_MS = 150; // time after an answer in which Gradio switches the tab and the components are drawn
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

  // A click on a tab changes the URL. Tabs in the menu of a narrow screen are identified only by their title.
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".tab-wrapper button");
    if (!button) return;
    const byTitle = ([, title]) => title === button.textContent.trim();
    const tab = button.dataset.tabId ?? Object.entries(recsys.state.tabs ?? {}).find(byTitle)?.[0];
    if (tab && tab !== recsys.address.tabOf(recsys.view())) recsys.go({ tab });
  });

  const openPanel = () => [...document.querySelectorAll('[role="tabpanel"]')].find((panel) => panel.offsetParent);

  const tabTitle = () => recsys.state.tabs?.[recsys.address.tabOf(recsys.view())];

  // The heading of the open view, or the name of its tab.
  function title() {
    const headings = openPanel()?.querySelectorAll(".rs-head h2") ?? [];
    return [...headings].find((heading) => heading.offsetParent)?.textContent || tabTitle();
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

  recsys.on("answered", () => {
    setTimeout(() => {
      for (const list of document.querySelectorAll('[role="tablist"]')) list.setAttribute("aria-label", "Views");
      openPanel()?.setAttribute("aria-label", tabTitle() ?? "View");
      if (!recsys.view().details) recsys.retitle();
    }, DRAWN_MS);
  });
})();
