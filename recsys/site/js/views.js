// The values of the components of each tab, for a view, filters and a visitor; recsys/page/tabs has the server's.
recsys.views = (start, answers) => {
  const { text, opinions } = recsys;
  const { words } = start;
  const STARTERS = 12;
  const SURPRISE = "~surprise"; // an item picked at random
  const SURPRISES = 100; // well-liked items among which it is
  const EXAMPLES = 5;
  const { item, items } = words;
  const noFit = `No ${items} match these filters.`;
  const step = (label, go) => ({ label, go });

  async function picked(visitor, filters, more = {}) {
    const history = await answers.historyOf(visitor);
    const heading = "Your picks";
    if (!history.numbers.length) {
      return { heading, empty: `Choose a ${item} above, and your picks appear here.` };
    }
    const shown = await answers.picks(history, filters.n, filters);
    return { heading, source: "newcomer", model: start.model, items: shown, empty: noFit, tools: true, ...more };
  }

  async function landing(filters, visitor) {
    const isKnown = recsys.marks.has(visitor, "like") || visitor.marks.some((mark) => mark.rating !== null);
    if (isKnown) return picked(visitor, filters, { next: step("See more kinds of picks", { tab: "foryou" }) });
    return {
      heading: "A good place to start",
      source: "popular",
      items: await answers.popular(filters.n, filters),
      empty: noFit,
      note: `Well-known, well-liked ${items} of all kinds.`,
      next: step(`Like a few ${items} to get your own picks`, { tab: "newcomer" }),
    };
  }

  async function similarTo(name, filters) {
    const { columns } = await answers.catalogue();
    const isRandom = name === SURPRISE;
    const id = isRandom ? columns.ids[start.popular[Math.floor(Math.random() * SURPRISES)] ?? 0] : name;
    const number = await numberOf(id);
    if (number < 0) return ["", { error: `No ${item} is called “${name}”. Search for it above.` }];
    const alike = await answers.similar(number, filters.n, filters);
    const { full } = await answers.catalogue(); // more of its files may have arrived meanwhile
    const hero = { ...full(number), eyebrow: "You chose" };
    const value = {
      heading: `${text.capital(items)} like ${hero.title}`,
      source: "similar",
      hero,
      items: alike,
      empty: noFit,
      tools: true,
      address: isRandom ? { film: id } : null,
    };
    return [text.label(hero), value];
  }
  // An item by id, or by its title, as links of the server's page name it.
  async function numberOf(name) {
    const known = await answers.numberOf(name);
    if (known >= 0) return known;
    const [best] = await answers.search(name, 1);
    return best ? answers.numberOf(best.item_id) : -1;
  }

  async function searched(query, filters) {
    const theme = answers.themeOf(query);
    return {
      heading: theme ? `Theme: ${theme}` : `Results for “${query}”`,
      source: "search",
      items: await answers.search(query, filters.n, filters),
      empty: `No ${item} found for “${query}”. Check the spelling.`,
      tools: true,
    };
  }

  async function similar(view, filters, visitor) {
    const examples = {
      label: "Try",
      chips: start.examples
        .map(([id, title]) => ({ text: title, go: { tab: "similar", film: id, q: null } }))
        .slice(0, EXAMPLES),
      surprise: { tab: "similar", film: SURPRISE, q: null },
    };
    let [typed, value] = ["", null];
    if (view.film) [typed, value] = await similarTo(view.film, filters);
    else if (view.q) [typed, value] = [view.q, await searched(view.q, filters)];
    else value = await landing(filters, visitor);
    return { find: { text: typed }, chips: examples, similar: value };
  }

  async function newcomer(view, filters, visitor) {
    const batch = Number(view.batch) || 0;
    const starters = {
      heading: words.question,
      source: "starters",
      marks: true,
      note: "Choose three or more. Your picks below update each time.",
      items: await answers.starters(STARTERS, visitor, batch),
      next: step("Show others", { tab: "newcomer", batch: batch + 1 }),
    };
    const hasMarks = recsys.marks.hasAny(visitor);
    const picks = hasMarks ? await marked(filters, visitor) : await picked(recsys.marks.EMPTY, filters);
    return { starters, add: { text: "" }, marked: {}, newcomer: picks };
  }
  const marked = (filters, visitor) =>
    picked(visitor, filters, { next: step("See more kinds of picks", { tab: "foryou" }) });

  async function forYou(_view, filters, visitor) {
    const history = await answers.historyOf(visitor);
    if (!history.numbers.length) {
      const next = step(`Like a few ${items} to get your own picks`, { tab: "newcomer" });
      return { foryou: { empty: `For your own picks, like a few ${items}.`, next }, rows: [] };
    }
    const picks = await answers.picks(history, filters.n, filters);
    const list = {
      heading: "Your picks",
      note: `From the ${items} you have marked.`,
      source: "foryou",
      model: start.model,
      items: picks,
      empty: `No new ${items} match these filters.`,
      next: step(`Mark more ${items}`, { tab: "newcomer" }),
      tools: true,
    };
    return { foryou: list, rows: await recsys.rows(start, answers, history, picks, filters) };
  }

  async function together(view, filters, visitor) {
    const groups = recsys.people.read(view.people, recsys.marks.hasAny(visitor));
    const { numberOf, card } = await answers.catalogue();
    const members = [];
    for (const [place, ids] of groups.entries()) {
      const isVisitor = ids === recsys.people.ME;
      const numbers = isVisitor ? [] : ids.map(numberOf).filter((number) => number >= 0);
      const history = isVisitor ? await answers.historyOf(visitor) : opinions.liking(numbers, start.verdicts);
      members.push({ name: isVisitor ? "you" : `person ${place + 1}`, isVisitor, history, items: numbers.map(card) });
    }
    const known = members.filter(({ history }) => history.numbers.length);
    if (known.length < 2) {
      const empty = `Add a ${item} that each person likes, and picks for all of you appear here.`;
      return { people: { members }, together: { heading: "Picks for all of you", empty } };
    }
    const value = {
      heading: "Picks for all of you",
      note: `${text.capital(items)} that nobody here has named, fair to everyone.`,
      source: "together",
      items: await answers.together(known, filters.n, filters),
      empty: noFit,
      tools: true,
    };
    return { people: { members }, together: value };
  }

  return { similar, newcomer, foryou: forYou, together, about: async () => ({ about: start.about }), picked: marked };
};
