// Details of an item in a modal dialog: people, description, reason of the pick, and the visitor's marks.
recsys.components.details = ({ element, server }) => {
  const SEVERAL = /, (?!jr|sr|i{2,3}\b)/i; // between the names of several people
  const { h, icon, text, state } = recsys;
  const body = h("div.rs-sheet");
  const shut = h(
    "button.rs-close",
    { type: "button", "aria-label": "Close", onclick: () => dialog.close() },
    icon("close"),
  );
  // The history of a profile is shown only to its owner.
  const keyOf = (user) => (user && user === recsys.state.visitor.user_id ? recsys.state.visitor.key : "");
  const dialog = h("dialog.rs-dialog", { "aria-labelledby": "rs-details-title" }, shut, body);
  recsys.fill(element, dialog);
  let current = null;
  let shown = null;
  let opener = null;
  let requests = 0;

  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => {
    current = null;
    requests += 1;
    recsys.write({ details: null }, true);
    recsys.retitle();
    // The list may have been redrawn, so find the card again by its item.
    const card = opener && document.querySelector(`.rs-open[data-id="${CSS.escape(opener.id)}"]`);
    (opener?.element?.isConnected ? opener.element : card)?.focus();
  });

  async function open(id) {
    if (!id) {
      if (dialog.open) dialog.close();
      return;
    }
    if (id === current) return;
    if (!dialog.open) opener = { element: document.activeElement, id };
    current = id;
    requests += 1;
    const mine = requests;
    const from = state.opened?.item?.item_id === id ? state.opened : linked();
    if (from.item) draw({ item: from.item }, from);
    else recsys.fill(body, h("p.rs-empty", { role: "status" }, "Loading …"));
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    const reply = await recsys.ask(() =>
      server.details({ id, user: from.user, model: from.model, key: keyOf(from.user) }),
    );
    if (mine !== requests) return;
    if (reply.error) fail(reply.error, from);
    else redraw(() => draw(reply, from));
  }

  // If the dialog was opened by a link instead of from a list, the URL names the user.
  function linked() {
    const { user = "", model = "" } = recsys.view();
    return { user, model, source: "details" };
  }

  function fail(error, from) {
    const message = h("p.rs-error", { role: "alert" }, error);
    if (from.item) body.append(message);
    else recsys.fill(body, h("h2.rs-hidden", { id: "rs-details-title" }, "Details"), message);
  }

  function draw(reply, from) {
    const { item } = reply;
    shown = { item, from };
    recsys.retitle(text.label(item));
    recsys.fill(
      body,
      h("div.rs-about", {}, recsys.poster(item, true), h("div", {}, about(reply, from))),
      because(reply.why),
      similar(item, reply.similar || []),
      reply.credit ? h("p.rs-credit", {}, reply.credit) : null,
    );
  }

  function about(reply, from) {
    const { item } = reply;
    const year = item.year ? h("span", {}, ` ${item.year}`) : null;
    return [
      h("h2", { id: "rs-details-title" }, item.title, year),
      h("p.rs-meta", {}, (item.genres || []).join(", ")),
      reason(from.item?.reason ? from.item : reply.pick),
      item.overview ? h("p.rs-overview", {}, item.overview) : null,
      facts(item),
      yours(item, from),
      verdicts(item, from),
      less(item),
      links(reply),
    ];
  }

  function reason(item) {
    if (!item?.reason) return null;
    const match = recsys.matchShown(item) ? h("b", {}, `${item.match} % match. `) : null;
    return h("p.rs-why", {}, match, item.reason);
  }

  function facts(item) {
    const offers = text.offers(item.providers, navigator.language);
    const lines = [
      ["Original title", item.original_title !== item.title && item.original_title],
      ["Director", searches((item.director || "").split(SEVERAL))],
      ["Cast", searches(item.cast || [])],
      ["Themes", searches((item.keywords || []).slice(0, 8), "theme:")],
      ["Language", item.language && text.language(item.language)],
      ["Length", text.minutes(item.runtime)],
      ["Certificate", item.certificate],
      ["Rating", rating(item)],
      [`Where to watch (${offers?.country})`, offers?.services],
    ];
    return h(
      "dl",
      {},
      lines.filter(([, value]) => value?.length).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
    );
  }

  // Names with links to the searches for them: all items of a person, or with a theme.
  function searches(names, kind = "") {
    const link = (name) => {
      const q = kind + name;
      const onclick = (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        recsys.go({ tab: "similar", q, film: null, details: null });
      };
      return h("a", { href: recsys.address.changed("", { q }), onclick }, name);
    };
    return names.filter(Boolean).flatMap((name, place) => (place ? [", ", link(name)] : [link(name)]));
  }

  function rating(item) {
    if (!item.n_ratings) return "";
    const { words } = state;
    const count = text.plural(item.n_ratings, words.rating);
    return item.mean_rating && words.valued ? `★ ${item.mean_rating.toFixed(1)} (${count})` : count;
  }

  function links({ item, page }) {
    const link = (address, ...children) =>
      address && h("a.rs-link", { href: address, target: "_blank", rel: "noopener noreferrer" }, ...children);
    return h(
      "div.rs-links",
      {},
      link(text.webAddress(item.trailer), icon("play"), "Trailer"),
      link(text.webAddress(item.url), page || "More about it"),
    );
  }

  // The items of the user's history that the pick is based on, as bars.
  function because(why) {
    const history = (why?.history || []).slice(0, 5);
    if (!history.length) return null;
    const most = Math.max(...history.map((one) => one.share));
    const line = (one) =>
      h(
        "li",
        {},
        h("span", {}, text.label(one), h("small", {}, ` ${text.rating(one.rating, state.words)}`)),
        bar(one.share / most),
        most >= 0.05 ? h("small", {}, `${Math.round(100 * one.share)} %`) : h("span"),
      );
    const shared = (why.shared || []).join(", ");
    return h(
      "section.rs-because",
      {},
      h("h3", {}, "Why this pick"),
      h("ul", { role: "list" }, history.map(line)),
      shared ? h("p.rs-meta", {}, `In common: ${shared}`) : null,
    );
  }
  const bar = (share) =>
    h("span.rs-bar", { "aria-hidden": "true" }, h("i", { style: `width:${Math.round(100 * share)}%` }));

  function similar(item, others) {
    if (!others.length) return null;
    const from = { source: "details" };
    const cards = others.map((other) =>
      recsys.card(other, { from, heading: "h4", facts: [h("span.rs-meta", {}, String(other.year || ""))] }),
    );
    const all = h("button.rs-link", { type: "button", onclick: () => seeAll(item) }, "See all", icon("more"));
    return h(
      "section",
      {},
      h("div.rs-head", {}, h("h3", {}, "More like this"), all),
      h("ul.rs-row", { role: "list" }, cards),
    );
  }

  function yours(item, from) {
    const stars = recsys.stars(item, from);
    return stars && h("p.rs-yours", {}, h("span", {}, "Your rating"), stars);
  }

  function verdicts(item, from) {
    const { words, visitor } = state;
    const mark = recsys.marks.verdictOn(visitor, item.item_id);
    const button = (verdict, name, pressed) =>
      h(
        "button.rs-mark",
        {
          type: "button",
          "aria-pressed": String(pressed),
          "data-verdict": verdict,
          onclick: () => recsys.mark(item, pressed && verdict !== "watch" ? "" : verdict, from),
        },
        icon(recsys.iconOf(verdict)),
        h("span", {}, name),
      );
    return h(
      "div.rs-verdicts",
      { role: "group", "aria-label": "Your opinion" },
      ["like", "dislike", "seen"].map((verdict) => button(verdict, words[verdict], mark === verdict)),
      button("watch", recsys.state.words.later, recsys.marks.isWatched(visitor, item.item_id)),
    );
  }

  // Buttons that show less of this item, of its people and of its themes in personal lists.
  function less(item) {
    const names = [...(item.director || "").split(SEVERAL), ...(item.cast || []).slice(0, 4)].filter(Boolean);
    const choices = [
      [`id:${item.item_id}`, text.label(item), `This ${state.words.item}`],
      ...[...new Set(names)].map((name) => [`person:${name}`, name, name]),
      ...(item.keywords || []).slice(0, 6).map((word) => [`theme:${word}`, word, `“${word}”`]),
    ];
    const chip = ([what, title, name]) => {
      const pressed = recsys.marks.isLess(state.visitor, what);
      const kind = pressed ? "out" : null;
      const press = { type: "button", "aria-pressed": String(pressed), "data-kind": kind, "data-what": what };
      return h("button.rs-chip", { ...press, onclick: () => recsys.less(what, title) }, name);
    };
    const chips = h("div.rs-chips", { role: "group", "aria-label": "Show less of" }, choices.map(chip));
    return h("details.rs-less", {}, h("summary", {}, "Less like this"), chips);
  }

  // Changes the dialog without closing what the visitor has opened and without moving the focus.
  function redraw(change) {
    const open = body.querySelector(".rs-less")?.open ?? false;
    const focused = focusedControl();
    change();
    const again = body.querySelector(".rs-less");
    if (again) again.open = open;
    if (focused) body.querySelector(focused)?.focus();
  }

  // The selector of the focused control; null if it is not one of those that are redrawn.
  function focusedControl() {
    const focused = document.activeElement;
    if (!body.contains(focused)) return null;
    for (const name of ["data-what", "data-verdict"]) {
      const value = focused.getAttribute(name);
      if (value) return `[${name}="${CSS.escape(value)}"]`;
    }
    return [".rs-rate input", ".rs-less summary"].find((selector) => focused.matches(selector)) ?? null;
  }

  function redrawMarks() {
    const { item, from } = shown ?? {};
    redraw(() => {
      body.querySelector(".rs-less")?.replaceWith(less(item));
      body.querySelector(".rs-verdicts")?.replaceWith(verdicts(item, from));
    });
  }

  function seeAll(item) {
    dialog.close();
    recsys.go({ tab: "similar", film: item.item_id, q: null });
    scrollTo({ top: 0 });
  }

  recsys.on("details", open);
  recsys.on("visitor", redrawMarks);
  if (recsys.view().details) open(recsys.view().details);
};
