// What every component of the page shares: building elements, the address, the visitor, the theme.
// Text reaches the page through textContent and attributes only: Gradio's templates would run `${…}` in a title.
window.recsys = (() => {
  "use strict";
  const KEYS = ["tab", "film", "user", "model", "balance", "q", "page", "details"];
  const state = { visitor: { marks: [], watch: [] }, words: { worth: {} }, router: null, sent: null, restoring: false };
  const listeners = {};

  // h("a.name", {attribute: value, onclick: fn}, child, "text", null)
  function h(name, attributes = {}, ...children) {
    const [tag, ...classes] = name.split(".");
    const element = document.createElement(tag);
    if (classes.length) element.className = classes.join(" ");
    for (const [key, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
      else element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...real(children));
    return element;
  }
  const real = (children) => children.flat().filter((child) => child !== null && child !== undefined && child !== false);
  const fill = (element, ...children) => element.replaceChildren(...real(children));

  const PATHS = {
    close: "M6 6l12 12M18 6L6 18", search: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16 16l4.5 4.5",
    like: "M7 11v9H4v-9zM7 12l4-8c2 0 3 1.500 2.500 3.500L13 10h5.500a2 2 0 0 1 2 2.400l-1.300 6A2 2 0 0 1 17.200 20H7",
    dislike: "M17 13V4h3v9zM17 12l-4 8c-2 0-3-1.500-2.500-3.500L11 14H5.500a2 2 0 0 1-2-2.400l1.300-6A2 2 0 0 1 6.800 4H17",
    seen: "M5 12.500l4.500 4.500L19 7.500", watch: "M6 4h12v16l-6-4.500L6 20z", play: "M8 5l11 7-11 7z",
    dice: "M5 5h14v14H5zM9 9h.01M15 9h.01M12 12h.01M9 15h.01M15 15h.01", filter: "M4 6h16M7 12h10M10 18h4",
    moon: "M20 14.500A8 8 0 0 1 9.500 4 8 8 0 1 0 20 14.500z", copy: "M9 9h11v11H9zM5 15H4V4h11v1",
    more: "M5 12h14M13 6l6 6-6 6", refresh: "M19 12a7 7 0 1 1-2-5l2 2M19 4v5h-5",
  };
  function icon(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.classList.add("rs-icon");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", PATHS[name]);
    svg.append(path);
    return svg;
  }

  const on = (name, listener) => (listeners[name] ||= new Set()).add(listener);
  const emit = (name, data) => (listeners[name] || []).forEach((listener) => listener(data));

  // -- the address is the state of the page: every view can be linked to, and Back works ------------------
  function query() {
    const found = new URLSearchParams(location.search);
    return Object.fromEntries(KEYS.filter((key) => found.get(key)).map((key) => [key, found.get(key)]));
  }
  function write(changes, replace = false) {
    const found = new URLSearchParams(location.search);
    for (const [key, value] of Object.entries(changes)) {
      if (value === null || value === undefined || value === "") found.delete(key);
      else found.set(key, value);
    }
    const text = found.toString();
    const address = location.pathname + (text ? "?" + text : "");
    if (address === location.pathname + location.search) return;
    history[replace ? "replaceState" : "pushState"](null, "", address);
  }
  const essence = (full) => JSON.stringify({ ...full, details: undefined });
  function send(force = false) {
    const now = query();
    emit("details", now.details || null);
    if (!force && essence(now) === state.sent) return;
    state.sent = essence(now);
    busy(true);
    state.router?.(now);
  }
  // The tab of an address that names none, by the rule of Query.read on the server.
  function tabOf({ tab, film, user }) {
    return tab || (film && user ? "blend" : user ? "foryou" : "similar");
  }
  function go(changes, { replace = false, force = true } = {}) {
    const tab = changes.tab || tabOf(query());
    write({ details: null, ...changes, tab }, replace);
    send(force);
  }
  // A slider moves often: only where it comes to rest is asked about, and it makes one entry in the history.
  let resting = null;
  function soon(changes) {
    clearTimeout(resting);
    resting = setTimeout(() => go(changes, { replace: true }), 180);
  }
  // Gradio says "selected" for the first tab of every page as well; only a tab opened by hand changes the address.
  let pressed = 0;
  document.addEventListener("click", (event) => { if (event.target.closest?.(".tab-wrapper")) pressed = Date.now(); }, true);
  function opened(tab) {
    if (Date.now() - pressed < 1000 && tabOf(query()) !== tab) go({ tab });
  }
  // The server chose an item or person: the address says which, and is not asked about again.
  function adopt(changes) {
    write(changes, true);
    state.sent = essence(query());
  }
  window.addEventListener("popstate", () => send());

  function busy(is) {
    clearTimeout(state.timer);
    const mark = () => document.querySelectorAll(".rs-list").forEach((list) => list.setAttribute("aria-busy", is));
    // A reply within 150 ms needs no sign of waiting; dimming and undimming would only flicker.
    if (is) state.timer = setTimeout(mark, 150);
    else mark();
  }

  function setVisitor(visitor) {
    state.visitor = { marks: [], watch: [], ...visitor };
    emit("visitor", state.visitor);
  }

  const verdictOn = (id) => state.visitor.marks.find((one) => one.item_id === id)?.verdict;

  // -- small helpers --------------------------------------------------------------------------------------
  const label = (item) => (item.year ? `${item.title} (${item.year})` : item.title);
  const plural = (n, word) => `${n.toLocaleString()} ${word}${n === 1 ? "" : "s"}`;
  const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
  // A rating as the catalogue says it: a word where its scale has some.
  const stars = (rating) => state.words.worth[rating] ?? (state.words.valued ? `★ ${rating}` : state.words.done);
  const outside = (address) => (/^https?:\/\//.test(address || "") ? address : null);
  function poster(item, eager = false) {
    const image = h("img", {
      src: item.poster, alt: `${capital(state.words.picture || "poster")} of ${item.title}`, width: 200, height: 300, decoding: "async",
      loading: eager ? "eager" : "lazy",
    });
    image.addEventListener("error", () => {
      if (item.drawn && image.src !== item.drawn) image.src = item.drawn;
      else image.classList.add("rs-broken");
    });
    return h("span.rs-poster", {}, image);
  }
  async function copy(text, button) {
    try {
      await navigator.clipboard.writeText(text);
      say("Copied.");
      button.dataset.done = "Copied";
      setTimeout(() => delete button.dataset.done, 1600);
    } catch {
      say("Copying is not allowed here; select the text instead.");
    }
  }
  function say(text) {
    let region = document.getElementById("rs-say");
    if (!region) document.body.append((region = h("div.rs-hidden", { id: "rs-say", role: "status", "aria-live": "polite" })));
    region.textContent = "";
    setTimeout(() => (region.textContent = text), 30);
  }
  function save(name, text, type) {
    const link = h("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function theme(dark) {
    document.body.classList.toggle("dark", dark);
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
    try { localStorage.setItem("recsys.theme", dark ? "dark" : "light"); } catch { /* private mode keeps no settings */ }
  }
  function savedTheme() {
    try { return localStorage.getItem("recsys.theme"); } catch { return null; }
  }

  // Gradio's tabs are buttons with role=tab; arrow keys are what the role promises.
  document.addEventListener("keydown", (event) => {
    const tab = event.target.closest?.('[role="tab"]');
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!tab || !step) return;
    const tabs = [...tab.parentElement.querySelectorAll('[role="tab"]')].filter((one) => one.offsetParent);
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    next.focus();
    next.click();
    event.preventDefault();
  });
  addEventListener("DOMContentLoaded", () => {
    const saved = savedTheme();
    if (saved && !/__theme=/.test(location.search)) theme(saved === "dark");
  });

  return {
    state, h, fill, icon, on, emit, query, write, go, soon, adopt, send, opened, busy, setVisitor, verdictOn,
    label, plural, capital, stars, outside, poster, copy, say, save, theme,
  };
})();
