// Moving between views: the address changes, the router asks the server, the components draw its answer.
(() => {
  const { address } = recsys;
  const SLIDER_RESTS_MS = 180;
  const WAITING_SHOWN_MS = 150; // a faster answer needs no sign of waiting; dimming would only flicker
  const CHECKED_AFTER_MS = 4000; // without an answer, whether the server can be reached
  let router = null;
  let sent = address.withoutDialog(location.search);
  let waiting = null;
  let checking = null;

  recsys.view = () => address.read(location.search);

  // Changes the address without asking the server.
  recsys.write = (changes, replace = false) => put(address.changed(location.search, changes), replace);
  function put(search, replace) {
    if (search !== location.search)
      history[replace ? "replaceState" : "pushState"](null, "", location.pathname + search);
  }

  // Asks the server for the view in the address, unless it is the one shown.
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

  // Goes to a view; without a tab among the changes the present one stays.
  recsys.go = (changes, { replace = false, force = true } = {}) => {
    const tab = changes.tab || address.tabOf(recsys.view());
    recsys.write({ details: null, ...changes, tab }, replace);
    send(force);
  };

  // A slider moves often: only the place where it comes to rest is asked about, and makes no entry in the history.
  let resting = null;
  recsys.goSoon = (changes) => {
    clearTimeout(resting);
    resting = setTimeout(() => recsys.go(changes, { replace: true }), SLIDER_RESTS_MS);
  };

  // New filters go into the address, so that a copied link gives the same list.
  recsys.filtered = (filters, ask = true) => {
    recsys.storage.write("recsys.filters", filters);
    put(recsys.filters.write(location.search, filters), true);
    if (ask) send(true);
    else sent = address.withoutDialog(location.search);
  };

  // The server chose an item or a user: the address names it, without asking again.
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

  // Gradio reports no failure when the connection breaks, so the server is asked whether it is there.
  function check(delay) {
    checking = setTimeout(async () => {
      const there = await fetch("health", { cache: "no-store" }).then(
        ({ ok }) => ok,
        () => false,
      );
      if (there) check(CHECKED_AFTER_MS);
      else recsys.unanswered();
    }, delay);
  }

  // The answer has come and is drawn.
  recsys.answered = () => {
    busy(false);
    recsys.emit("answered");
  };
  // No answer will come: the call failed, or the server cannot be reached.
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
