// Reasons in sentences, in the words of recsys/serving/reasons.py.
recsys.reasons = (() => {
  const SECOND = 0.1; // lowest share at which a second item is named
  const OFTEN = 2; // how often one list may name the same items without shared traits
  const ORIGINS = new Set(["sequel", "prequel", "remake", "reboot", "spin-off"]);
  const [MOST_NAMES, MOST_PARTS] = [2, 2];
  const sharedThemes = (themes) => (themes.length > 1 ? "shared themes:" : "shared theme:");

  const and = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);
  const isTelling = (theme) => !ORIGINS.has(theme.toLowerCase()) && !theme.toLowerCase().startsWith("based on ");
  const people = (text) => text.split(/, (?!jr|sr|i{2,3}\b)/i).filter(Boolean);

  // What two items have in common: people, themes and genres.
  function shared(catalogue, one, other) {
    const { facts, genresOf } = catalogue;
    const both = (a, b) => a.filter((name) => b.includes(name));
    const genres = both(genresOf(other), genresOf(one));
    if (!facts) return { director: [], cast: [], themes: [], genres };
    return {
      director: both(people(facts.director[other]), people(facts.director[one])),
      cast: both(facts.cast[other], facts.cast[one]),
      themes: both(facts.keywords[other], facts.keywords[one]).filter(isTelling),
      genres,
    };
  }
  const tells = ({ director, cast, themes }) => director.length + cast.length + themes.length > 0;

  // Shared traits in words: people and themes; genres only if there are no others.
  function phrase({ director, cast, themes, genres }) {
    const others = cast.filter((name) => !director.includes(name)); // a director who also acts is named once
    const part = (opening, names) => names.length && `${opening} ${and(names.slice(0, MOST_NAMES))}`;
    const parts = [part("also by", director), part("also with", others), part(sharedThemes(themes), themes)].filter(
      Boolean,
    );
    if (!parts.length && genres.length)
      parts.push(
        part(
          "also",
          genres.map((name) => name.toLowerCase()),
        ),
      );
    return parts.slice(0, MOST_PARTS).join("; ");
  }

  // The items of a history that add most to the score of an item: [{number, share}], the largest share first.
  function shares(weights, history, values, number) {
    const adds = history.numbers.map((from, place) =>
      Math.max(0, values[place] * recsys.scoring.weight(weights, from, number)),
    );
    const total = adds.reduce((sum, one) => sum + one, 0);
    return history.numbers
      .map((from, place) => ({ number: from, rating: history.ratings[place], share: total ? adds[place] / total : 0 }))
      .filter(({ share }) => share > 0)
      .sort((a, b) => b.share - a.share || a.number - b.number);
  }

  // The lowest rating of a history that counts as liked, as recsys/data/liking.py.
  function leastLiked(ratings, { scale: [low, high], rule: { mean } }) {
    const own = ratings.reduce((sum, one) => sum + one, 0) / ratings.length;
    return Math.max(own, Math.min((low + high) / 2, mean)) - 1e-6;
  }

  // The one or two liked items of a history that a sentence names; null if only others add to the score.
  function cited(weights, history, values, number, start) {
    const least = leastLiked(history.ratings, start);
    const all = shares(weights, history, values, number);
    const [first, second] = all.filter(({ rating }) => rating >= least);
    if (!first) return all.length ? null : [];
    return (second?.share >= SECOND ? [first, second] : [first]).map((one) => one.number);
  }

  // A sentence for each pick. If the same items would be named too often, what they share is named instead.
  function personal(catalogue, weights, history, values, picks, start) {
    const { words } = start;
    const named = picks.map((number) => cited(weights, history, values, number, start));
    const times = new Map();
    for (const items of named) times.set(String(items), (times.get(String(items)) ?? 0) + 1);
    return named.map((items, place) => {
      if (!items) return `Fits your ${words.ratings}`;
      if (!items.length) return "Popular with everyone";
      if (times.get(String(items)) > OFTEN) return specific(catalogue, items, picks[place], words);
      return `Because you ${words.liked} ${items.map((number) => title(catalogue, number)).join(" and ")}`;
    });
  }
  function specific(catalogue, items, number, words) {
    for (const item of items) {
      const common = shared(catalogue, item, number);
      if (!tells(common)) continue;
      const what = phrase({ ...common, genres: [] });
      return `You ${words.liked} ${title(catalogue, item)}${what.startsWith("shared") ? ";" : ":"} ${what}`;
    }
    return `Because you ${words.liked} ${title(catalogue, items[0])}`;
  }

  // Why an item is similar to another.
  function similar(catalogue, one, other, words) {
    const common = shared(catalogue, one, other);
    if (tells(common)) return recsys.text.capital(phrase(common));
    const genres = common.genres.slice(0, MOST_NAMES).map((name) => name.toLowerCase());
    const also = `${recsys.text.capital(words.others)} who like ${title(catalogue, one)} also like this`;
    return genres.length ? `${also}: ${and(genres)}` : also;
  }

  const title = ({ columns }, number) =>
    recsys.text.label({ title: columns.titles[number], year: columns.years[number] });

  return { leastLiked, shared, phrase, shares, personal, similar };
})();
