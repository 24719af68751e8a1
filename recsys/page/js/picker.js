// Search as you type on the server: an ARIA 1.2 combobox with a list of titles.
recsys.components.picker = ({ element, props, server, watch, options }) => {
  const { h, icon, text } = recsys;
  const WAIT_MS = 200; // while a reply is missing, time without a key press before the next request
  const id = `rs${Math.random().toString(36).slice(2, 8)}`;
  let requests = 0;
  let missing = 0; // replies
  let due = false; // whether the text has changed while a reply was missing
  let askedText = null;
  let items = [];
  let wish = ""; // heading of the list for the typed text if it is a wish; then it is the first suggestion
  let active = -1;
  let timer = null;
  let chosen = "";

  const list = h("ul.rs-options", { id: `${id}-list`, role: "listbox", "aria-label": "Suggestions", hidden: true });
  const status = h("span.rs-hidden", { role: "status" });
  const input = h("input", {
    id: `${id}-input`,
    type: "text",
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    enterkeyhint: "search",
    placeholder: options.hint,
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": `${id}-list`,
  });
  const wipe = h(
    "button.rs-wipe",
    { type: "button", "aria-label": "Clear", hidden: true, onclick: clear },
    icon("close"),
  );
  const field = h("div.rs-field", {}, icon("search"), input, wipe, list);
  recsys.fill(element, h("div.rs-picker", {}, h("label", { for: `${id}-input` }, options.label), field, status));

  input.addEventListener("input", () => {
    clearTimeout(timer);
    wipe.hidden = !input.value;
    if (input.value.trim()) {
      due = missing > 0;
      if (due) timer = setTimeout(ask, WAIT_MS);
      else ask();
    } else {
      close();
    }
  });
  input.addEventListener("focus", () => input.select());
  input.addEventListener("blur", () => setTimeout(close, 120));
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      step(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape") {
      if (!list.hidden) close();
      else input.value = chosen;
    } else if (event.key === "Enter" && input.value.trim()) {
      event.preventDefault();
      enter();
    }
  });

  function step(by) {
    if (!list.hidden) move((active + by + entries()) % entries());
    else if (input.value.trim()) ask();
  }

  // Number of entries of the list: the items, and before them the wish or after them all results.
  const entries = () => items.length + 1;

  async function enter() {
    if (list.hidden && input.value === chosen) return;
    clearTimeout(timer);
    if (list.hidden || askedText !== input.value) await ask();
    pick(active);
  }

  async function ask() {
    const words = input.value.trim();
    clearTimeout(timer);
    due = false;
    requests += 1;
    missing += 1;
    askedText = input.value;
    const mine = requests;
    const reply = await recsys.ask(() => server.search(words));
    missing -= 1;
    if (mine !== requests) return; // a later request has been sent
    items = reply.items || [];
    wish = reply.wish || "";
    const first = wish ? [wished(reply.note)] : [];
    const last = wish ? null : items.length ? all(words, reply.note) : none(words, reply.error);
    recsys.fill(list, first, items.map(option), last);
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    const found = first.length + items.length;
    status.textContent = found ? text.plural(found, "suggestion") : list.textContent;
    move(found ? 0 : -1);
    if (due) ask();
  }

  function choice(place, kind, ...children) {
    return h(
      `li${kind}`,
      {
        id: `${id}-${place}`,
        role: "option",
        "aria-selected": "false",
        onmousedown: (event) => {
          event.preventDefault();
          pick(place);
        },
        onmousemove: () => move(place),
      },
      ...children,
    );
  }
  const wished = (note) => choice(0, ".rs-wished", h("span", {}, h("b", {}, wish), note ? h("small", {}, note) : null));
  function option(item, number) {
    const genres = (item.genres || []).slice(0, 3).join(", ");
    return choice(
      number + Number(Boolean(wish)),
      "",
      h("img", { src: item.poster, alt: "", width: 30, height: 45 }),
      h("span", {}, h("b", {}, item.title), h("small", {}, text.joined([item.year, genres]))),
    );
  }
  const all = (words, note) =>
    choice(items.length, ".rs-all", h("span", {}, `All results for “${words}”`, note ? h("small", {}, note) : null));
  function none(words, error) {
    const { item } = recsys.state.words;
    const why = error || `No ${item} found for “${words}”. Check the spelling or describe the ${item}.`;
    return h("li.rs-none", { role: "option", "aria-disabled": "true", "aria-selected": "false" }, why);
  }

  function move(place) {
    active = place;
    [...list.children].forEach((one, number) => {
      one.setAttribute("aria-selected", String(number === place));
    });
    if (place < 0) {
      input.removeAttribute("aria-activedescendant");
    } else {
      input.setAttribute("aria-activedescendant", `${id}-${place}`);
      list.children[place]?.scrollIntoView({ block: "nearest" });
    }
  }

  function pick(place) {
    const item = items[place - Number(Boolean(wish))];
    if (item) choose(item);
    else if (wish ? place === 0 : items.length && place === items.length) {
      close();
      recsys.go({ tab: "similar", q: input.value.trim(), film: null });
    }
  }

  function choose(item) {
    close();
    const stays = item && !options.mark && !options.choose;
    show(stays ? text.label(item) : "");
    if (options.choose) options.choose(item);
    else if (options.mark) recsys.mark(item, "like", { source: "search" });
    else recsys.go({ film: item ? item.item_id : null, q: null });
  }

  function clear() {
    input.value = "";
    wipe.hidden = true;
    input.focus();
    close();
    if (options.clear) choose(null);
  }

  function close() {
    clearTimeout(timer);
    due = false;
    requests += 1; // a reply that comes later must not open the list again
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function show(value) {
    chosen = value;
    input.value = value;
    wipe.hidden = !value;
  }
  const adopt = () => show(props.value?.text || "");
  watch("value", adopt);
  adopt();
};
