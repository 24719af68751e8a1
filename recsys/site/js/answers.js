// Answers to all questions of the page, computed on this device from the files of the site.
recsys.answers = (start, parts) => {
  const { scoring, dials, reasons, opinions } = recsys;
  const THEME = "theme:";
  const EXPLAINED = 5; // items of a history that an explanation names
  const { words, verdicts } = start;
  const first = recsys.catalogue({ columns: start.first });
  let titles = null;

  // Parts that have not arrived are missing from an answer that can do without them.
  const arrived = {};
  for (const [name, part] of Object.entries(parts)) {
    part.then(
      (value) => {
        arrived[name] = value;
      },
      () => {}, // whoever awaits the part reports it
    );
  }
  const numbers = parts.columns.then(({ ids }) => recsys.numbersOf(ids));
  numbers.catch(() => {}); // whoever awaits the columns reports it
  const catalogue = async () => recsys.catalogue({ ...arrived, columns: await parts.columns, numbers: await numbers });

  const narrows = (filters) =>
    [filters.genres_in, filters.genres_out, filters.languages].some((list) => list.length) ||
    filters.year_from !== null ||
    filters.year_to !== null;

  const upTo = (size) => Array.from({ length: size }, (_, number) => number); // the most popular items first

  // Well-known and well-liked items; those of the first list need no other file.
  async function popular(n, filters) {
    if (!narrows(filters) && n <= first.size) return Array.from({ length: n }, (_, place) => first.card(place));
    const found = await catalogue();
    const passes = dials.passing(found, filters);
    const known = new Set(start.popular);
    const others = upTo(start.rated).filter((number) => !known.has(number));
    return [...start.popular, ...others].filter(passes).slice(0, n).map(found.card);
  }

  // Items to like or reject, without those that have a verdict.
  async function starters(n, visitor, batch) {
    const found = visitor.marks.length || batch || start.starters_first.ids.length < n ? await catalogue() : null;
    if (!found) return start.starters_first.ids.slice(0, n).map((_, place) => firstStarters.card(place));
    const marked = new Set(visitor.marks.filter((mark) => mark.verdict).map((mark) => mark.item_id));
    const left = start.starters.filter((number) => !marked.has(found.columns.ids[number]));
    const from = left.length ? (batch * n) % left.length : 0;
    return left.slice(from, from + n).map(found.card);
  }
  const firstStarters = recsys.catalogue({ columns: start.starters_first });

  // The theme that a search such as "theme:time travel" names, as details link to it.
  const themeOf = (text) => (text.toLowerCase().startsWith(THEME) ? text.slice(THEME.length).trim() : "");

  // The most popular items with a theme.
  async function themed(theme, n, filters) {
    await parts.facts;
    const found = await catalogue();
    const { fold } = recsys.titles;
    const wanted = fold(theme);
    const passes = filters ? dials.passing(found, filters) : () => true;
    const holds = (number) => found.facts.keywords[number].some((name) => fold(name) === wanted) && passes(number);
    return upTo(found.size).filter(holds).slice(0, n).map(found.card);
  }

  async function search(text, n, filters = null) {
    if (themeOf(text)) return themed(themeOf(text), n, filters);
    const found = await catalogue();
    // People are part of the index once their file is here.
    if (!titles || (!titles.withPeople && arrived.facts)) {
      const { facts } = arrived;
      const people = facts?.cast.map((cast, number) => [...cast, ...facts.director[number].split(", ")]);
      titles = { ...recsys.titleSearch.index(found.columns, people), withPeople: Boolean(facts) };
    }
    const passes = filters ? dials.passing(found, filters) : () => true;
    const wanted = filters && narrows(filters) ? found.size : n;
    return recsys.titleSearch.search(titles, text, wanted).filter(passes).slice(0, n).map(found.card);
  }

  // Items similar to one: the exported list, then by the weights of the model.
  async function similar(number, n, filters) {
    const [found, lists, weights] = [await catalogue(), await parts.similar, await parts.weights];
    const passes = dials.passing(found, filters);
    const listed = lists(number).filter(passes);
    const scores = scoring.scores(weights, [number], [1]);
    const skipped = new Set([number, ...listed]);
    const wanted = dials.depth(n, filters);
    const more = scoring.best(
      scores,
      Math.max(0, wanted - listed.length),
      (other) => scores[other] > 0 && !skipped.has(other) && passes(other),
    );
    const all = [...listed, ...more];
    const order = all.map((_, place) => -place); // the lists have no scores
    const chosen = dials.reranked(all, order, n, filters, dials.likeness(found));
    const whole = await catalogue(); // the facts may have arrived meanwhile
    return chosen.map((other) => ({ ...whole.card(other), reason: reasons.similar(whole, number, other, words) }));
  }

  // Picks for a history, with reasons.
  async function picks(history, n, filters, isAllowed = () => true) {
    const [found, weights] = [await catalogue(), await parts.weights];
    const passes = dials.passing(found, filters);
    const values = scoring.inputs(history.ratings, start.rule, filters.recency);
    const scores = scoring.scores(weights, history.numbers, values);
    const allowed = (number) =>
      number < start.rated && !history.known.has(number) && passes(number) && isAllowed(number);
    const less = history.less ?? [];
    if (asIs(filters) && !less.length) return calibrated(found, weights, history, values, scores, allowed, n);
    const best = scoring.best(scores, less.length ? dials.POOL : dials.depth(n, filters), allowed);
    const order = less.length ? await lessened(best, less) : best;
    const chosen = dials.reranked(
      order,
      best.map((number) => scores[number]),
      n,
      filters,
      dials.likeness(found),
    );
    return explained(found, weights, history, values, scores, chosen);
  }
  // Whether nothing is asked for but the best items.
  const asIs = (filters) => !narrows(filters) && !dials.reranks(filters) && (filters.recency ?? null) === null;

  function calibrated(found, weights, history, values, scores, allowed, n) {
    const { ordered, telling } = recsys.calibrated(found, start.calibration);
    const best = scoring.best(scores, Math.max(n, dials.POOL), allowed);
    return explained(found, weights, history, values, scores, ordered(best, telling(history, start.scale), n));
  }

  function explained(found, weights, history, values, scores, chosen) {
    const sentences = reasons.personal(found, weights, history, values, chosen, start);
    return chosen.map((number, place) => ({ ...found.card(number), score: scores[number], reason: sentences[place] }));
  }

  async function lessened(numbers, rejections) {
    const [similarTo, facts, found] = [await parts.similar, await parts.facts, await catalogue()];
    const known = (number) => (number < 0 ? [] : similarTo(number));
    return recsys.lessLike.ordered(numbers, rejections, { ...found, facts }, known);
  }

  // Picks for several people: `people` are {name, history}.
  async function together(people, n, filters) {
    const [found, weights] = [await catalogue(), await parts.weights];
    const passes = dials.passing(found, filters);
    const inputs = people.map(({ history }) => scoring.inputs(history.ratings, start.rule, filters.recency));
    const scores = people.map(({ history }, place) => scoring.scores(weights, history.numbers, inputs[place]));
    const candidates = Array.from({ length: start.rated }, (_, number) => number).filter(
      (number) => passes(number) && !people.some(({ history }) => history.known.has(number)),
    );
    return recsys.group.chosen(scores, candidates, n).map(({ number, person }) => {
      const { name, history } = people[person];
      const [most] = reasons.shares(weights, history, inputs[person], number);
      const why = most ? `For ${name}, because of ${found.columns.titles[most.number]}` : `For ${name}`;
      return { ...found.card(number), reason: why };
    });
  }

  // All fields of an item, similar items, and why it suits the visitor.
  async function details(id, visitor) {
    const found = await catalogue();
    const number = found.numberOf(id);
    if (number < 0) return { error: `This site has no ${words.item} with the id ${id}.` };
    const [texts, facts] = [await parts.texts, await parts.facts];
    const whole = recsys.catalogue({ columns: found.columns, facts, texts, numbers: await numbers });
    const answer = { item: whole.full(number), page: start.page, similar: [], pick: null, why: null };
    answer.similar = await similar(number, 6, recsys.filters.DEFAULTS);
    const history = opinions.of(visitor, found.numberOf, verdicts);
    if (history.numbers.length) answer.why = await because(whole, history, number);
    return answer;
  }
  async function because(found, history, number) {
    const weights = await parts.weights;
    const values = scoring.inputs(history.ratings, start.rule);
    const shares = reasons.shares(weights, history, values, number).slice(0, EXPLAINED);
    if (history.known.has(number) || !shares.length) return null;
    const common = shares.map((one) => reasons.shared(found, one.number, number));
    const named = common.flatMap(({ director, cast, themes }) => [...director, ...cast, ...themes]);
    return {
      history: shares.map((one) => ({ ...found.card(one.number), rating: one.rating, share: one.share })),
      shared: [...new Set(named)].slice(0, 8),
    };
  }

  const historyOf = async (visitor) => opinions.of(visitor, (await catalogue()).numberOf, verdicts);
  const card = async (number) => (await catalogue()).card(number);
  const numberOf = async (id) => (await catalogue()).numberOf(id);

  return {
    popular,
    starters,
    search,
    themeOf,
    similar,
    picks,
    together,
    details,
    historyOf,
    card,
    numberOf,
    catalogue,
  };
};
