// Filters and dials of a list, as recsys/serving/filters.py and reranking.py apply them.
recsys.dials = (() => {
  const POOL = 200; // candidates from which a re-ranked list is chosen

  // A test of item numbers; an item without a year passes only if no year is set.
  function passing(catalogue, filters) {
    const { columns, genresOf } = catalogue;
    const tests = [];
    const has = (names) => (number) => genresOf(number).some((genre) => names.includes(genre));
    if (filters.genres_in.length) tests.push(has(filters.genres_in));
    if (filters.genres_out.length) tests.push((number) => !has(filters.genres_out)(number));
    if (filters.year_from !== null) tests.push((number) => columns.years[number] >= filters.year_from);
    if (filters.year_to !== null)
      tests.push((number) => columns.years[number] > 0 && columns.years[number] <= filters.year_to);
    if (filters.languages.length) {
      const codes = filters.languages.map((code) => columns.language_names.indexOf(code));
      tests.push((number) => codes.includes(columns.languages[number]));
    }
    return (number) => tests.every((test) => test(number));
  }

  const reranks = (filters) => filters.popularity !== 0 || filters.diversity !== 0;
  const depth = (n, filters) => (reranks(filters) ? Math.max(POOL, n) : n);

  // The n best of some candidates (best first, with scores by place) with the popularity and diversity dials.
  function reranked(numbers, scores, n, filters, likeness) {
    if (!reranks(filters)) return numbers.slice(0, n);
    const [low, high] = [Math.min(...scores), Math.max(...scores)];
    let relevance = scores.map((score) => (high > low ? (score - low) / (high - low) : 1));
    if (filters.popularity) {
      const rare = [...numbers].sort((a, b) => b - a);
      const rank = new Map(rare.map((number, place) => [number, place / Math.max(1, rare.length - 1)]));
      const dial = Math.abs(filters.popularity);
      const wanted = (number) => (filters.popularity > 0 ? rank.get(number) : 1 - rank.get(number));
      relevance = relevance.map((value, place) => (1 - dial) * value + dial * wanted(numbers[place]));
    }
    const places = filters.diversity
      ? diverse(relevance, numbers, n, filters.diversity, likeness)
      : relevance.map((_, place) => place).sort((a, b) => relevance[b] - relevance[a] || a - b);
    return places.slice(0, n).map((place) => numbers[place]);
  }

  // Places by maximal marginal relevance: relevant, and unlike the ones chosen before.
  function diverse(relevance, numbers, n, diversity, likeness) {
    const alike = numbers.map((one) => numbers.map((other) => likeness(one, other)));
    const most = Math.max(1e-9, ...alike.map((row) => Math.max(...row)));
    const nearest = numbers.map(() => 0);
    const left = new Set(numbers.keys());
    const chosen = [];
    while (chosen.length < n && left.size) {
      const value = (place) => (1 - diversity) * relevance[place] - diversity * nearest[place];
      let best = -1;
      for (const place of left) if (best < 0 || value(place) > value(best)) best = place;
      chosen.push(best);
      left.delete(best);
      for (const place of left) nearest[place] = Math.max(nearest[place], alike[best][place] / most);
    }
    return chosen;
  }

  // How much two items have in common: genres, people and keywords.
  function likeness(catalogue) {
    const { facts, genresOf } = catalogue;
    const shared = (a, b) => a.filter((one) => b.includes(one)).length;
    return (one, other) => {
      const [a, b] = [genresOf(one), genresOf(other)];
      let value = a.length && b.length ? shared(a, b) / Math.sqrt(a.length * b.length) : 0;
      if (facts) {
        value += facts.director[one] && facts.director[one] === facts.director[other] ? 1 : 0;
        value += 0.5 * shared(facts.cast[one], facts.cast[other]);
        value += 0.5 * shared(facts.keywords[one], facts.keywords[other]);
      }
      return value;
    };
  }

  return { POOL, passing, depth, reranks, reranked, likeness };
})();
