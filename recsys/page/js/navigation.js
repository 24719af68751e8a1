// Navigation between views: change the URL, request the view from the server, and let the components draw the answer.
(() => {
  const { address } = recsys;
  const SLIDER_RESTS_MS = 180;
  const WAITING_SHOWN_MS = 150; // the page is dimmed only if an answer takes longer, to avoid flicker
  const CHECKED_AFTER_MS = 4000; // time without an answer after which the connection is checked
  let router = null;
  let sent = address.withoutDialog(location.search);
  let waiting = null;
  let checking = null;

  recsys.view = () => address.read(location.search);

  // Changes the URL without a request.
  recsys.write = (changes, replace = false) => put(address.changed(location.search, changes), replace);
  function put(search, replace) {
    if (search !== location.search)
      history[replace ? "replaceState" : "pushState"](null, "", location.pathname + search);
  }

  // Requests the view in the URL from the server, unless it is already shown.
  function send(force = false) {
    const view = recsys.view();
    recsys.emit("details", view.details ?? null);
    const search = address.withoutDialog(location.search);
    if (!force && search === sent) return;
    sent = search;
    recsys.emit("filters", recsys.filters.read(location.search) ?? recsys.filters.DEFAULTS);
    busy(true);
    router?.(view);
  }
  recsys.again = () => send(true);

  // Goes to a view; without a tab in the changes the current tab stays.
  recsys.go = (changes, { replace = false, force = true } = {}) => {
    const tab = changes.tab || address.tabOf(recsys.view());
    recsys.write({ details: null, ...changes, tab }, replace);
    send(force);
  };

  // For sliders, which move often: requests only the last position, and adds no entry to the history.
  let resting = null;
  recsys.goSoon = (changes) => {
    clearTimeout(resting);
    resting = setTimeout(() => recsys.go(changes, { replace: true }), SLIDER_RESTS_MS);
  };

  // Writes new filters to the URL, so that a copied link shows the same list.
  recsys.filtered = (filters, ask = true) => {
    recsys.storage.write("recsys.filters", filters);
    put(recsys.filters.write(location.search, filters), true);
    if (ask) send(true);
    else sent = address.withoutDialog(location.search);
  };

  // Writes an item or user that the server chose to the URL, without another request.
  recsys.adopt = (changes) => {
    recsys.write(changes, true);
    sent = address.withoutDialog(location.search);
  };

  // The view, filters and visitor of a first visit; the values of the page's load event.
  recsys.arrive = () => {
    const filters =
      recsys.filters.read(location.search) ?? recsys.filters.complete(recsys.storage.read("recsys.filters"));
    recsys.filtered(filters, false);
    return [recsys.view(), filters, recsys.state.visitor];
  };

  addEventListener("popstate", () => send());

  function busy(is) {
    clearTimeout(waiting);
    clearTimeout(checking);
    const mark = () => {
      for (const list of document.querySelectorAll(".rs-list")) list.setAttribute("aria-busy", is);
    };
    if (is) {
      waiting = setTimeout(mark, WAITING_SHOWN_MS);
      check(navigator.onLine ? CHECKED_AFTER_MS : 0);
    } else mark();
  }

  // Gradio does not report a broken connection, so check whether the server can be reached.
  function check(delay) {
    checking = setTimeout(async () => {
      if (await recsys.remote.isThere()) check(CHECKED_AFTER_MS);
      else recsys.unanswered();
    }, delay);
  }

  // Called when the answer has arrived and is drawn.
  recsys.answered = () => {
    busy(false);
    recsys.emit("answered");
  };
  // Called when no answer will arrive: the call failed, or the server cannot be reached.
  recsys.unanswered = () => {
    busy(false);
    recsys.emit("unanswered");
  };

  recsys.components.router = ({ props, trigger }) => {
    router = (view) => {
      props.value = view;
      setTimeout(() => trigger("go"), 0); // after the new value has reached the component
    };
  };
})();
