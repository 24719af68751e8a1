// One list of poster cards: a heading, the item it is about, the cards, and what to do with the list.
recsys.list = (element, props, trigger, server, watch) => {
  "use strict";
  const { h, icon, label, poster, plural } = recsys;

  function render() {
    const value = props.value || {};
    const items = value.items || [], body = [];
    if (value.address) recsys.adopt(value.address);
    if (value.loading) {
      recsys.fill(element, skeleton(value.loading));
      return;
    }
    if (value.hero) body.push(hero(value.hero));
    if (value.heading) {
      body.push(h("div.rs-head", {},
        h("h2", { tabindex: -1 }, value.heading),
        value.note ? h("p", {}, value.note) : null,
        items.length ? next(value.next) : null));
    }
    if (value.error) body.push(h("p.rs-error", { role: "alert" }, value.error, " ", next(value.next)));
    if (items.length) body.push(h("ul.rs-grid", { role: "list" }, items.map((item, place) => card(item, place, value))));
    else if (value.empty && !value.error) body.push(h("div.rs-empty", {}, h("p", {}, value.empty), next(value.next)));
    body.push(h("p.rs-hidden", { role: "status" }, value.error ? "" : items.length ? plural(items.length, "result") : value.empty || ""));
    if (items.length && value.call) body.push(tools(value));
    const list = h("section.rs-list", { "aria-busy": "false", "aria-label": value.heading || "Results" }, body);
    recsys.fill(element, list);
    if (value.refresh && server?.posters) setTimeout(refresh, 2500);
  }

  function next(step) {
    return step ? h("button.rs-link", { type: "button", onclick: () => recsys.go(step.go) }, step.label) : null;
  }

  function skeleton(count) {
    const one = () => h("li.rs-card.rs-ghost", {}, h("span.rs-poster"), h("span.rs-line"), h("span.rs-line.rs-short"));
    return h("section.rs-list", { "aria-busy": "true", "aria-label": "Loading" },
      h("div.rs-head", {}, h("h2.rs-line", {})), h("ul.rs-grid", { role: "list", "aria-hidden": "true" }, Array.from({ length: count }, one)));
  }

  function hero(item) {
    return h("article.rs-hero", {},
      h("button.rs-open", { type: "button", "aria-label": `Details of ${label(item)}`, onclick: () => show(item, { source: "hero" }) }, poster(item, true)),
      h("div", {},
        h("p.rs-eyebrow", {}, item.eyebrow || ""),
        h("h2", {}, item.title),
        h("p.rs-meta", {}, [item.year, (item.genres || []).join(", "), item.director && `by ${item.director}`].filter(Boolean).join(" · ")),
        item.overview ? h("p.rs-overview", {}, item.overview) : null,
        (item.cast || []).length ? h("p.rs-meta", {}, `With ${item.cast.slice(0, 4).join(", ")}`) : null));
  }

  function card(item, place, value) {
    const match = Number.isFinite(item.match) ? h("span.rs-match", { title: recsys.state.words.match || null }, h("b", {}, `${item.match}`), "%", h("span.rs-hidden", {}, " match")) : null;
    const open = h("button.rs-open", { type: "button", "data-id": item.item_id, onclick: () => show(item, value) },
      poster(item, place < 6), match,
      h("span.rs-title", {}, item.title),
      h("span.rs-meta", {}, [item.year, (item.genres || []).slice(0, 3).join(", ")].filter(Boolean).join(" · ")),
      item.part ? h("span.rs-part", { "data-part": item.part.split(" ")[0] }, item.origin) : null,
      item.stars ? h("span.rs-stars", {}, item.stars) : null,
      item.reason ? h("span.rs-reason", {}, item.reason) : null);
    const mark = value.marks ? recsys.verdictOn(item.item_id) : null;
    return h("li.rs-card", { "data-mark": mark || null }, open, value.marks ? marks(item, mark) : null);
  }

  function marks(item, mark) {
    const button = (verdict, text, name) => h("button.rs-mark", {
      type: "button", "aria-pressed": String(mark === verdict), "aria-label": `${text}: ${label(item)}`, "data-verdict": verdict,
      onclick: (event) => recsys.emit("mark", { item_id: item.item_id, title: item.title, year: item.year, verdict: event.currentTarget.getAttribute("aria-pressed") === "true" ? "" : verdict, source: "starters" }),
    }, icon(name), h("span", {}, text));
    return h("div.rs-marks", { role: "group", "aria-label": label(item) }, button("like", recsys.state.words.like, "like"), button("dislike", recsys.state.words.dislike, "dislike"));
  }

  function show(item, value) {
    recsys.state.opened = { item, user: value.user || "", model: value.model || "", source: value.source || "" };
    recsys.write({ details: item.item_id });
    recsys.emit("details", item.item_id);
  }

  function tools(value) {
    const plain = value.items.map(({ poster: _poster, drawn: _drawn, mark: _mark, stars: _stars, origin: _origin, ...rest }) => rest);
    const name = `recsys-${value.source || "list"}`;
    const cell = (one) => {
      const text = Array.isArray(one) ? one.join("|") : String(one ?? "");
      // A leading =, +, - or @ would run as a formula in a spreadsheet.
      const safe = typeof one === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
      return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
    };
    const columns = ["rank", "item_id", "title", "year", "genres", "match", "score", "reason", "url"];
    const csv = () => [columns.join(","), ...plain.map((row) => columns.map((column) => cell(row[column])).join(","))].join("\r\n");
    return h("footer.rs-tools", {},
      h("details", {}, h("summary", {}, "Use this from code"), code(value.call)),
      h("div", {},
        h("button.rs-link", { type: "button", onclick: (event) => recsys.copy(location.href, event.currentTarget) }, "Copy link"),
        h("button.rs-link", { type: "button", onclick: () => recsys.save(`${name}.csv`, csv(), "text/csv") }, "Save as CSV"),
        h("button.rs-link", { type: "button", onclick: () => recsys.save(`${name}.json`, JSON.stringify(plain, null, 1), "application/json") }, "JSON")));
  }

  // The exact call behind what is on the screen, ready to paste.
  function code({ name, args }) {
    const base = location.origin + location.pathname.replace(/\/$/, "");
    const python = (one) => JSON.stringify(one).replace(/\btrue\b/g, "True").replace(/\bfalse\b/g, "False").replace(/\bnull\b/g, "None");
    const data = JSON.stringify({ data: Object.values(args) });
    const texts = {
      Python: `from gradio_client import Client\n\nclient = Client("${base}")\nprint(client.predict(${Object.entries(args).map(([key, one]) => `${key}=${python(one)}`).join(", ")}, api_name="/${name}"))`,
      JavaScript: `const reply = await fetch("${base}/gradio_api/run/${name}", {\n  method: "POST",\n  headers: {"Content-Type": "application/json"},\n  body: JSON.stringify(${data}),\n});\nconsole.log((await reply.json()).data[0]);`,
      curl: `curl -s ${base}/gradio_api/run/${name} -H 'Content-Type: application/json' \\\n  -d '${data.replaceAll("'", "'\\''")}'`,
    };
    return h("div.rs-code", {}, Object.entries(texts).map(([language, text]) =>
      h("figure", {}, h("figcaption", {}, language,
        h("button.rs-link", { type: "button", "aria-label": `Copy the ${language} code`, onclick: (event) => recsys.copy(text, event.currentTarget) }, "Copy")),
        h("pre", { tabindex: 0 }, h("code", {}, text)))));
  }

  // Real posters that have arrived since the list was made replace the drawn ones.
  async function refresh() {
    const drawn = [...element.querySelectorAll(".rs-open[data-id] img")].filter((image) => image.src.startsWith("data:"));
    if (!drawn.length) return;
    const found = await server.posters(drawn.map((image) => image.closest(".rs-open").dataset.id));
    for (const image of drawn) {
      const address = found[image.closest(".rs-open").dataset.id];
      if (address) image.src = address;
    }
  }

  recsys.on("visitor", () => {
    for (const button of element.querySelectorAll(".rs-marks .rs-mark")) {
      const id = button.closest(".rs-card").querySelector(".rs-open").dataset.id;
      button.setAttribute("aria-pressed", String(recsys.verdictOn(id) === button.dataset.verdict));
    }
  });
  watch("value", render);
  render();
};
