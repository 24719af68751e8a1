// A list of cards: its heading, the item that it is about, the cards, and tools.
recsys.components.list = ({ element, props, server, watch, options }) => {
  const { h, icon, text } = recsys;
  const POSTERS_AFTER_MS = 2500; // by then the server has looked up most real posters
  const EAGER = 6; // pictures that are visible at once
  const CARD_PX = 164; // least width of a card, and the gap between two, as in card.css
  const GAP_PX = 20;
  let order = "best";
  let unfolded = false;
  let drawn = null;

  function render() {
    const value = props.value || {};
    if (value !== drawn) unfolded = false;
    drawn = value;
    const items = value.items || [];
    if (value.address) recsys.adopt(value.address);
    if (value.loading) return recsys.fill(element, isAsked() ? skeleton(value.loading) : null);
    if (!value.heading && !value.empty && !value.error && !items.length) return recsys.fill(element);
    const body = [
      value.hero ? hero(value.hero) : null,
      value.heading ? head(value, items) : null,
      value.error ? h("p.rs-error", { role: "alert" }, value.error, " ", step(value.next)) : null,
    ];
    if (items.length) body.push(grid(value));
    else if (value.empty && !value.error) body.push(empty(value));
    body.push(h("p.rs-hidden", { role: "status" }, status(value, items)));
    if (items.length && (value.call || value.tools)) body.push(recsys.listTools(value));
    const label = value.heading || "Results";
    recsys.fill(element, h("section.rs-list", { "aria-busy": "false", "aria-label": label }, body));
    if (items.length && options.posters) setTimeout(refresh, POSTERS_AFTER_MS);
  }

  const status = (value, items) => {
    if (value.error) return "";
    return items.length ? text.plural(items.length, "result") : value.empty || "";
  };

  function head(value, items) {
    return h(
      "div.rs-head",
      {},
      h("h2", { tabindex: -1 }, value.heading),
      value.note ? h("p", {}, value.note) : null,
      items.length ? step(value.next) : null,
      items.length && options.strip ? scrollers() : null,
      items.length > 2 && !value.marks && !options.strip ? sorter(items) : null,
    );
  }

  const step = (next) => next && h("button.rs-link", { type: "button", onclick: () => recsys.go(next.go) }, next.label);

  // Buttons that scroll a strip by almost its width.
  function scrollers() {
    const button = (name, label, sign) => {
      const onclick = () => {
        const strip = element.querySelector(".rs-grid");
        strip.scrollBy({ left: sign * 0.8 * strip.clientWidth, behavior: "smooth" });
      };
      return h("button.rs-tool.rs-only", { type: "button", "aria-label": label, onclick }, icon(name));
    };
    return h("div.rs-scrollers", {}, button("back", "Scroll back", -1), button("more", "Scroll on", 1));
  }

  function sorter(items) {
    const choices = recsys.sorting.choices(items);
    if (!choices.some(([key]) => key === order)) order = "best";
    const select = h(
      "select",
      { onchange: (event) => sort(event.target.value) },
      choices.map(([key, title]) => h("option", { value: key, selected: key === order }, title)),
    );
    return h("label.rs-sort", {}, h("span.rs-hidden", {}, "Sort by"), select);
  }
  function sort(key) {
    order = key;
    (element.querySelector(".rs-folded") ?? element.querySelector(".rs-grid")).replaceWith(grid(props.value));
  }

  function grid(value) {
    const items = value.marks ? value.items : recsys.sorting.sorted(value.items, order);
    const draw = (item, place) =>
      recsys.card(item, {
        from: value,
        eager: place < EAGER,
        facts: facts(item),
        marks: value.marks ? ["like", "dislike"] : ["like", "dislike", "seen", "watch"],
        named: Boolean(value.marks),
      });
    if (options.gradual) return gradually(items, draw);
    const cards = items.map(draw);
    const first = roomFor();
    const isFolded = options.folded && !unfolded && items.length > first;
    const list = h("ul.rs-grid", { role: "list" }, cards);
    if (!isFolded) return list;
    for (const card of cards.slice(first)) card.hidden = true;
    return h(
      "div.rs-folded",
      {},
      list,
      h("button.rs-tool", { type: "button", onclick: unfold }, `Show all ${items.length}`),
    );
  }
  // The first cards at once, and the others after they are painted, so that a slow device shows something soon.
  function gradually(items, draw) {
    const list = h("ul.rs-grid", { role: "list" }, items.slice(0, EAGER).map(draw));
    const rest = () => list.append(...items.slice(EAGER).map((item, place) => draw(item, EAGER + place)));
    requestAnimationFrame(() => setTimeout(rest));
    return list;
  }
  // How many cards are shown at first: whole rows, of which a narrow screen has more.
  function roomFor() {
    const columns = Math.max(2, Math.floor((element.clientWidth + GAP_PX) / (CARD_PX + GAP_PX)));
    return element.clientWidth ? columns * (columns > 3 ? 2 : 4) : options.folded;
  }
  function unfold() {
    const first = element.querySelectorAll(".rs-card:not([hidden])").length;
    unfolded = true;
    const folded = element.querySelector(".rs-folded");
    const list = grid(props.value);
    folded.replaceWith(list);
    list.querySelectorAll(".rs-open")[first]?.focus();
  }

  function facts(item) {
    const genres = (item.genres || []).slice(0, 3).join(", ");
    return [
      h("span.rs-meta", {}, text.joined([item.year, genres])),
      item.part ? h("span.rs-part", { "data-part": item.part.split(" ")[0] }, item.origin) : "",
      item.members ? members(item) : item.reason ? h("span.rs-reason", {}, item.reason) : "",
    ];
  }

  // What an item is for each member of a group, and a veto on it.
  function members(item) {
    const line = ({ name, match, reason }) =>
      h("li", {}, h("b", {}, name), Number.isFinite(match) ? ` ${match} %` : "", h("span.rs-reason", {}, reason));
    const onclick = () => recsys.emit("veto", item);
    const veto = { type: "button", "aria-label": `Veto ${item.title}`, onclick };
    return h(
      "div.rs-members",
      {},
      h("ul", { role: "list" }, item.members.map(line)),
      h("button.rs-link", veto, "Veto"),
    );
  }

  function empty(value) {
    const filtered = recsys.filters.used(recsys.state.filters ?? recsys.filters.DEFAULTS) > 0;
    const clear = () => recsys.emit("clear filters");
    return h(
      "div.rs-empty",
      {},
      h("p", {}, value.empty),
      value.source && filtered ? h("button.rs-link", { type: "button", onclick: clear }, "Clear filters") : null,
      step(value.next),
    );
  }

  // Whether the URL asks for the list, so that an invitation does not take the place of more placeholder cards.
  const isAsked = () => !options.asked_by?.length || options.asked_by.some((key) => recsys.view()[key]);

  function skeleton(count) {
    const card = () => h("li.rs-card.rs-ghost", {}, h("span.rs-poster"), h("span.rs-line"), h("span.rs-line.rs-short"));
    return h(
      "section.rs-list",
      { "aria-busy": "true", "aria-label": "Loading" },
      h("div.rs-head", {}, h("div.rs-line")),
      h("ul.rs-grid", { role: "list", "aria-hidden": "true" }, Array.from({ length: count }, card)),
    );
  }

  function hero(item) {
    const facts = [item.year, (item.genres || []).join(", "), item.director && `by ${item.director}`];
    const cast = (item.cast || []).slice(0, 4).join(", ");
    const open = { type: "button", "data-id": item.item_id, onclick: () => recsys.open(item, { source: "hero" }) };
    return h(
      "article.rs-hero",
      {},
      recsys.poster(item, true),
      h(
        "div",
        {},
        h("p.rs-eyebrow", {}, item.eyebrow || ""),
        h("h2", {}, h("button.rs-open", open, item.title)),
        h("p.rs-meta", {}, text.joined(facts)),
        item.overview ? h("p.rs-overview", {}, item.overview) : null,
        cast ? h("p.rs-meta", {}, `With ${cast}`) : null,
      ),
    );
  }

  // Replaces drawn posters by real ones that have been fetched meanwhile.
  async function refresh() {
    const drawn = [...element.querySelectorAll(".rs-card[data-id] img")].filter((img) => img.src.startsWith("data:"));
    if (!drawn.length) return;
    const idOf = (image) => image.closest(".rs-card").dataset.id;
    const found = await recsys.ask(() => server.posters(drawn.map(idOf)));
    for (const image of drawn) if (found[idOf(image)]) image.src = found[idOf(image)];
  }

  // Shows an error in a list that waits for an answer that will not arrive.
  recsys.on("unanswered", () => {
    if (!element.offsetParent) return;
    const again = h("button.rs-link", { type: "button", onclick: recsys.again }, "Try again");
    const message = h("p.rs-error", { role: "alert" }, recsys.NO_ANSWER, " ", again);
    recsys.fill(element, h("section.rs-list", {}, message));
  });
  watch("value", render);
  render();
};
