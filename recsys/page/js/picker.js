// Search as you type on the server: an ARIA 1.2 combobox with a list of titles.
recsys.picker = (element, props, trigger, server, watch, options) => {
  "use strict";
  const { h, icon, label } = recsys;
  const WAIT = 60; // ms without a key before the server is asked
  const id = "rs" + Math.random().toString(36).slice(2, 8);
  const { label: name, hint, clear } = options;
  let asked = 0, items = [], active = -1, timer = null, chosen = "";

  const list = h("ul.rs-options", { id: `${id}-list`, role: "listbox", "aria-label": "Suggestions", hidden: true });
  const status = h("span.rs-hidden", { role: "status" });
  const input = h("input", {
    id: `${id}-input`, type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", enterkeyhint: "search",
    placeholder: hint, "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": `${id}-list`,
  });
  const wipe = h("button.rs-wipe", { type: "button", "aria-label": "Clear", hidden: true, onclick: () => { input.value = ""; input.focus(); close(); wipe.hidden = true; if (clear) choose(null); } }, icon("close"));
  recsys.fill(element, h("div.rs-picker", {}, h("label", { for: `${id}-input` }, name), h("div.rs-field", {}, icon("search"), input, wipe, list), status));

  input.addEventListener("input", () => {
    clearTimeout(timer);
    wipe.hidden = !input.value;
    if (!input.value.trim()) { asked += 1; close(); return; }
    timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("focus", () => input.select());
  input.addEventListener("blur", () => setTimeout(close, 120));
  input.addEventListener("keydown", async (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) { if (input.value.trim()) await ask(); return; }
      move((active + (event.key === "ArrowDown" ? 1 : -1) + items.length + 1) % (items.length + 1));
    } else if (event.key === "Escape") {
      if (!list.hidden) close(); else if (input.value !== chosen) input.value = chosen;
    } else if (event.key === "Enter" && input.value.trim()) {
      event.preventDefault();
      if (list.hidden && input.value === chosen) return;
      clearTimeout(timer);
      if (list.hidden || input.dataset.asked !== input.value) await ask();
      pick(active);
    }
  });

  async function ask() {
    const text = input.value.trim(), mine = (asked += 1);
    input.dataset.asked = input.value;
    let reply;
    try { reply = await server.search(text); } catch { reply = { error: "The server did not answer; try again." }; }
    if (mine !== asked) return; // a later key has asked since
    items = reply.items || [];
    recsys.fill(list,
      ...items.map((item, place) => h("li", { id: `${id}-${place}`, role: "option", "aria-selected": "false", onmousedown: (event) => { event.preventDefault(); pick(place); }, onmousemove: () => move(place) },
        h("img", { src: item.poster, alt: "", width: 30, height: 45 }),
        h("span", {}, h("b", {}, item.title), h("small", {}, [item.year, (item.genres || []).slice(0, 3).join(", ")].filter(Boolean).join(" · "))))),
      items.length
        ? h("li.rs-all", { id: `${id}-${items.length}`, role: "option", "aria-selected": "false", onmousedown: (event) => { event.preventDefault(); pick(items.length); }, onmousemove: () => move(items.length) }, `See everything for “${text}”`)
        : h("li.rs-none", { role: "option", "aria-disabled": "true", "aria-selected": "false" }, reply.error || `Nothing close to “${text}”. Try fewer words, or describe it.`));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    status.textContent = items.length ? `${items.length} suggestions` : list.textContent;
    move(items.length ? 0 : -1);
  }

  function move(place) {
    active = place;
    [...list.children].forEach((option, number) => option.setAttribute("aria-selected", String(number === place)));
    if (place >= 0) {
      input.setAttribute("aria-activedescendant", `${id}-${place}`);
      list.children[place]?.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  function pick(place) {
    if (place < 0) return;
    if (place === items.length && items.length) {
      close();
      recsys.go({ tab: "similar", q: input.value.trim(), film: null });
    } else if (items[place]) choose(items[place]);
  }

  function choose(item) {
    chosen = item ? label(item) : "";
    input.value = chosen;
    wipe.hidden = !chosen;
    close();
    if (options.mark && item) {
      recsys.emit("mark", { item_id: item.item_id, title: item.title, year: item.year, verdict: "like" });
      input.value = chosen = "";
      wipe.hidden = true;
    } else recsys.go({ film: item ? item.item_id : null, q: null });
  }

  function close() {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function adopt() {
    chosen = (props.value || {}).text || "";
    input.value = chosen;
    wipe.hidden = !chosen;
  }
  watch("value", adopt);
  adopt();
};
