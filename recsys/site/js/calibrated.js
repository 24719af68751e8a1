// Calibrates a list to a history: genres and decades get the shares that they have in the history, in the order of
// recsys/serving/calibrated_lists.py, whose constants are `rule`.
recsys.calibrated = ({ columns, genresOf }, rule) => {
  // The shares of an item: value -> share, multiplied by the weight of its facet.
  function shares(number) {
    const genres = genresOf(number);
    const found = new Map(genres.map((genre) => [genre, rule.genres / genres.length]));
    const year = columns.years[number];
    if (year) found.set(Math.floor(year / 10), rule.decade);
    return found;
  }

  function wantedShares(history) {
    const wanted = new Map();
    for (const number of history)
      for (const [value, share] of shares(number)) wanted.set(value, (wanted.get(value) ?? 0) + share / history.length);
    return wanted;
  }

  // Items of a history that are not rated in the lowest quarter of the scale, or all if all are.
  function telling({ numbers, ratings }, scale) {
    const least = scale[0] + (scale[1] - scale[0]) / 4;
    const found = numbers.filter((_, place) => ratings[place] >= least);
    return found.length ? found : numbers;
  }

  // The first n of ranked candidates in calibrated order; those after the first `rule.pool` keep their places.
  function ordered(candidates, history, n) {
    const wanted = wantedShares(history);
    if (!wanted.size) return candidates.slice(0, n);
    const strength = (rule.strength * history.length) / (history.length + rule.few);
    const pool = candidates
      .slice(0, rule.pool)
      .map((number) => [...shares(number)].filter(([value]) => wanted.has(value)));
    const ranks = pool.map((_, place) => (1 - strength) * (1 - Math.log1p(place) / Math.log1p(pool.length)));
    const held = new Map([...wanted].map(([value, share]) => [value, share + rule.smoothing]));
    const left = new Set(pool.keys());
    const chosen = [];
    while (chosen.length < n && left.size) {
      const factor = strength * (chosen.length + 1);
      const worth = (place) =>
        pool[place].reduce(
          (sum, [value, share]) => sum + (factor * share * wanted.get(value)) / held.get(value),
          ranks[place],
        );
      let [best, most] = [-1, Number.NEGATIVE_INFINITY];
      for (const place of left) {
        const value = worth(place);
        if (value > most) [best, most] = [place, value];
      }
      chosen.push(best);
      left.delete(best);
      for (const [value, share] of pool[best]) held.set(value, held.get(value) + share);
    }
    return [...chosen.map((place) => candidates[place]), ...candidates.slice(rule.pool)].slice(0, n);
  }

  return { ordered, telling };
};
