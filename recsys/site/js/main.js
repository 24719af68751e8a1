// Starts the site: loads its first file, builds the page of the components, and answers every change of the view.
(async () => {
  const { h, host } = recsys;
  const ROWS = 4;
  const GHOSTS = 12; // cards drawn before the first answer
  const root = document.querySelector(".gradio-container");
  const start = await recsys.data.json(document.documentElement.dataset.start);
  recsys.drawn.use(start.drawings);
  Object.assign(recsys.state.words, start.words, { name: start.name });

  const parts = recsys.data.load(start);
  const answers = recsys.answers(start, parts);
  const views = recsys.views(start, answers);
  recsys.remote = recsys.local(start, answers);

  const search = async (words) => ({ items: await answers.search(words.slice(0, 200), 8) });
  const find = { server: { search } };
  const list = (name, options = {}) => host.mount(name, "list", { id: `rs-${name}`, ...options });
  const waiting = { value: { loading: GHOSTS } };
  const { item } = start.words;

  const shell = host.mount("shell", "shell", {
    id: "rs-shell",
    value: structuredClone(recsys.filters.DEFAULTS),
    server: { options: async () => start.choices },
    name: start.name,
    tagline: start.tagline,
    words: start.words,
    tabs: start.tabs,
  });
  host.mount("router", "router", { events: { go: () => show() } });
  host.mount("visitor", "visitor", {
    server: { verdict: async () => ({ stored: true }), lists: async () => ({ stored: true }) },
    events: { marked: () => marked() },
  });
  const tabs = host.tabs(start.tabs, {
    similar: [
      host.mount("find", "picker", {
        ...find,
        id: "rs-find",
        label: `Find a ${item} you like`,
        hint: "A title or a name",
        clear: true,
      }),
      host.mount("chips", "chips", { id: "rs-similar-chips", classes: "rs-examples" }),
      list("similar", waiting),
    ],
    newcomer: [
      list("starters", { ...waiting, classes: "rs-strip", strip: true }),
      h(
        "div.rs-split",
        {},
        host.mount("add", "picker", {
          ...find,
          id: "rs-add",
          label: `Or add another ${item}`,
          hint: "Any title",
          mark: true,
        }),
        host.mount("marked", "marked", { id: "rs-marked" }),
      ),
      list("newcomer", { gradual: true }),
    ],
    foryou: [
      list("foryou", { ...waiting, folded: 8 }),
      ...Array.from({ length: ROWS }, (_, place) => list(`row-${place}`, { classes: "block rs-strip", strip: true })),
    ],
    together: [host.mount("people", "people", { ...find, id: "rs-people" }), list("together")],
    about: [host.mount("about", "about", { id: "rs-about" })],
  });
  const footer = host.mount("footer", "footer", { id: "rs-footer", value: { lines: start.footer } });

  let requests = 0;
  // Draws the view of the URL.
  async function show() {
    requests += 1;
    const mine = requests;
    const view = recsys.view();
    const wanted = recsys.address.tabOf(view);
    const key = wanted in start.tabs ? wanted : "similar";
    tabs.open(key);
    try {
      const values = await views[key](view, recsys.state.filters, recsys.state.visitor);
      if (mine !== requests) return; // a later view has been requested
      if (values.rows) Object.assign(values, byRow(values.rows));
      host.set(values);
      recsys.answered();
    } catch (error) {
      if (mine === requests) recsys.unanswered();
      console.warn(error);
    }
  }
  const byRow = (rows) =>
    Object.fromEntries(Array.from({ length: ROWS }, (_, place) => [`row-${place}`, rows[place] ?? {}]));

  // Draws the picks again after a mark; the other tabs are drawn when they are opened.
  async function marked() {
    if (recsys.address.tabOf(recsys.view()) !== "newcomer") return;
    const filters = recsys.state.filters;
    const visitor = recsys.state.visitor;
    const value = await views.picked(filters, visitor);
    if (visitor === recsys.state.visitor) host.set({ newcomer: value });
  }

  recsys.fill(root, shell, tabs.element, footer);
  // A link may open the dialog at once, which it can only in the document.
  const dialog = h("div");
  root.append(dialog);
  host.mount("details", "details", {
    into: dialog,
    server: { details: ({ id }) => answers.details(id, recsys.state.visitor) },
  });
  await show();
  recsys.offline.start(Object.values(parts));
})().catch((error) => {
  const wait = document.querySelector(".rs-start-wait");
  if (wait) wait.textContent = "This page cannot be shown. Reload it, or use a current browser.";
  console.warn(error);
});
