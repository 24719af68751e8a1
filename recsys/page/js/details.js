// One item in full, in a modal dialog: who made it, what it is about, why it was picked, and what the visitor thinks of it.
recsys.details = (element, props, trigger, server, watch) => {
  "use strict";
  const { h, icon, label, outside, poster, state } = recsys;
  const body = h("div.rs-sheet", {});
  const dialog = h("dialog.rs-dialog", { "aria-labelledby": "rs-details-title" },
    h("button.rs-close", { type: "button", "aria-label": "Close", onclick: () => dialog.close() }, icon("close")), body);
  recsys.fill(element, dialog);
  let current = null, back = null, asked = 0;

  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => {
    current = null;
    asked += 1;
    recsys.write({ details: null }, true);
    // The list may have been redrawn meanwhile: the same card is found again by its item.
    const target = back?.element?.isConnected ? back.element : back && document.querySelector(`.rs-open[data-id="${CSS.escape(back.id)}"]`);
    target?.focus();
  });

  async function open(id) {
    if (!id) { if (dialog.open) dialog.close(); return; }
    if (id === current) return;
    if (!dialog.open) back = { element: document.activeElement, id };
    current = id;
    const mine = (asked += 1);
    const from = state.opened?.item?.item_id === id ? state.opened : { user: "", model: "", source: "details" };
    if (from.item) draw({ item: from.item }, from);
    else recsys.fill(body, h("p.rs-empty", { role: "status" }, "Loading…"));
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    let reply;
    try { reply = await server.details({ id, user: from.user, model: from.model }); } catch { reply = { error: "The server did not answer; try again." }; }
    if (mine !== asked) return;
    if (reply.error) recsys.fill(body, h("p.rs-error", { role: "alert" }, reply.error));
    else draw(reply, from);
  }

  function draw(reply, from) {
    const item = reply.item;
    const line = (name, text) => (text ? [h("dt", {}, name), h("dd", {}, text)] : []);
    const rated = item.n_ratings ? `${item.n_ratings.toLocaleString()}${item.mean_rating && state.words.valued ? `, ${item.mean_rating.toFixed(1)} on average` : ""}` : "";
    const trailer = outside(item.trailer), page = outside(item.url);
    const reason = from.item?.reason;
    recsys.fill(body,
      h("div.rs-about", {}, poster(item, true),
        h("div", {},
          h("h2", { id: "rs-details-title" }, item.title, item.year ? h("span", {}, ` ${item.year}`) : null),
          h("p.rs-meta", {}, (item.genres || []).join(", ")),
          reason ? h("p.rs-why", {}, h("b", {}, Number.isFinite(from.item.match) ? `${from.item.match}% match. ` : ""), reason) : null,
          item.overview ? h("p.rs-overview", {}, item.overview) : null,
          h("dl", {}, line("Director", item.director), line("Cast", (item.cast || []).join(", ")),
            line("Themes", (item.keywords || []).slice(0, 8).join(", ")), line("Language", item.language_name), line(recsys.capital(state.words.ratings), rated)),
          verdicts(item, from),
          h("div.rs-links", {},
            trailer ? h("a.rs-link", { href: trailer, target: "_blank", rel: "noopener noreferrer" }, icon("play"), "Trailer") : null,
            page ? h("a.rs-link", { href: page, target: "_blank", rel: "noopener noreferrer" }, reply.page || "More about it") : null))),
      because(reply.why),
      (reply.similar || []).length
        ? h("section", {}, h("div.rs-head", {}, h("h3", {}, "More like this"),
            h("button.rs-link", { type: "button", onclick: () => more(item) }, "See all", icon("more"))),
            h("ul.rs-row", { role: "list" }, reply.similar.map((other) => h("li", {}, h("button.rs-open", { type: "button", "data-id": other.item_id, title: other.reason || null, onclick: () => follow(other) }, poster(other), h("span.rs-title", {}, other.title), h("span.rs-meta", {}, other.year || ""))))))
        : null,
      reply.credit ? h("p.rs-credit", {}, reply.credit) : null);
  }

  // What of the person's history the pick rests on, as bars.
  function because(why) {
    if (!why || !(why.history || []).length) return null;
    const most = Math.max(...why.history.map((one) => one.share));
    return h("section.rs-because", {}, h("h3", {}, "Why this pick"),
      h("ul", { role: "list" }, why.history.slice(0, 5).map((one) => h("li", {},
        h("span", {}, `${label(one)}`, h("small", {}, ` ${state.words.valued ? `${state.words.done} ${one.rating}` : recsys.stars(one.rating)}`)),
        h("span.rs-bar", { "aria-hidden": "true" }, h("i", { style: `width:${Math.round((100 * one.share) / most)}%` })),
        most >= 0.05 ? h("small", {}, `${Math.round(100 * one.share)}%`) : h("span", {})))),
      (why.shared || []).length ? h("p.rs-meta", {}, `In common: ${why.shared.join(", ")}`) : null);
  }

  function verdicts(item, from) {
    const mark = recsys.verdictOn(item.item_id);
    const watched = state.visitor.watch.some((one) => one.item_id === item.item_id);
    const button = (verdict, text, name, pressed) => h("button.rs-mark", {
      type: "button", "aria-pressed": String(pressed), "data-verdict": verdict,
      onclick: () => {
        recsys.emit("mark", { item_id: item.item_id, title: item.title, year: item.year, verdict: pressed && verdict !== "watch" ? "" : verdict, model: from.model, source: from.source });
        const again = verdicts(item, from);
        group.replaceWith(again);
        again.querySelector(`[data-verdict="${verdict}"]`).focus();
      },
    }, icon(name), h("span", {}, text));
    const group = h("div.rs-verdicts", { role: "group", "aria-label": "What do you think?" },
      button("like", state.words.like, "like", mark === "like"), button("dislike", state.words.dislike, "dislike", mark === "dislike"),
      button("seen", state.words.seen, "seen", mark === "seen"), button("watch", "Watch-list", "watch", watched));
    return group;
  }

  function follow(other) {
    state.opened = { item: other, user: "", model: "content", source: "details" };
    recsys.write({ details: other.item_id });
    open(other.item_id);
  }

  function more(item) {
    dialog.close();
    recsys.go({ tab: "similar", film: item.item_id, q: null });
    scrollTo({ top: 0 });
  }

  recsys.on("details", open);
  if (recsys.query().details) open(recsys.query().details);
};
