// Matches the titles of an export to items as recsys/imports/matching.py does; ambiguous ones stay open.
recsys.matching = (() => {
  const { ARTICLES, fold } = recsys.titles;
  const MOST_NAMED = 3;
  // x and i are letters in titles.
  const NUMBERS = Object.fromEntries(
    [
      ["ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", null, "xi", "xii", "xiii"].map((word, place) => [
        word,
        place + 2,
      ]),
      ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"].map((word, place) => [
        word,
        place,
      ]),
      ["eleven", "twelve", "thirteen"].map((word, place) => [word, place + 11]),
    ].flat(),
  );

  // A title as it is compared: folded, without a leading article, numerals as digits.
  function key(title) {
    const words = fold(title)
      .split(" ")
      .map((word) => (Object.hasOwn(NUMBERS, word) ? String(NUMBERS[word]) : word));
    return (words.length > 1 && ARTICLES.has(words[0]) ? words.slice(1) : words).join(" ");
  }

  // The parts of a name before the first and after each colon or dash.
  function parts(name) {
    const pieces = name.split(/\s*(?::|\s[-–—])\s+/);
    if (pieces.length === 1) return [];
    const tails = pieces.slice(1).map((_, start) => pieces.slice(start + 1).join(" "));
    return [pieces[0], ...tails].map(key).filter((one) => one && !/^\d+$/.test(one));
  }

  function index({ ids, titles, names, imdb, tmdb }) {
    const found = { ids: new Map(), names: new Map(), exact: new Map(), parts: new Map() };
    const add = (map, name, number) => {
      if (!map.has(name)) map.set(name, new Set());
      map.get(name).add(number);
    };
    for (const [number, id] of ids.entries()) {
      add(found.ids, `item ${id}`, number);
      if (imdb[number]) add(found.ids, `imdb ${imdb[number]}`, number);
      if (tmdb[number]) add(found.ids, `tmdb ${tmdb[number]}`, number);
      for (const name of [titles[number], ...names[number]]) {
        add(found.names, key(name), number);
        add(found.exact, fold(name), number);
        for (const part of parts(name)) add(found.parts, part, number);
      }
    }
    return found;
  }

  // The number of the item of an entry, or why there is none.
  function matched(found, entry, columns) {
    for (const [site, id] of Object.entries(entry.ids)) {
      const same = found.ids.get(`${site} ${id}`);
      if (same?.size === 1) return { number: [...same][0] };
    }
    const written = [entry.title, entry.original].filter(Boolean);
    const union = (sets) => new Set(sets.flatMap((one) => [...(one ?? [])]));
    const called = union(written.map((name) => found.names.get(key(name))));
    let whole = ofYear(entry, called, columns, false);
    if (whole?.why) {
      // "9" is not "Nine" if both are here
      const same = union(written.map((name) => found.exact.get(fold(name))));
      whole = ofYear(entry, new Set([...called].filter((number) => same.has(number))), columns, false) ?? whole;
    }
    if (whole) return whole;
    if (entry.year !== null) {
      const near = union(
        written.flatMap((name) => [
          found.parts.get(key(name)),
          ...parts(name)
            .slice(0, 1)
            .map((one) => found.names.get(one)),
        ]),
      );
      const part = ofYear(entry, near, columns, true);
      if (part) return part;
    }
    return { why: "not on this site" };
  }
  function ofYear({ year }, numbers, { years, titles }, exact) {
    let fitting = [...numbers];
    if (year !== null) {
      fitting = fitting.filter((number) => years[number] === year);
      if (!fitting.length && !exact) {
        fitting = [...numbers].filter((number) => !years[number] || Math.abs(years[number] - year) <= 1);
      }
    }
    if (!fitting.length) return null;
    if (fitting.length === 1) return { number: fitting[0] };
    const labels = fitting.map((number) => recsys.text.label({ title: titles[number], year: years[number] })).sort();
    return { why: `several titles fit: ${labels.slice(0, MOST_NAMED).join(", ")}` };
  }

  // The items of an export with ratings on the site's scale, and the titles without an item.
  function match(entries, catalogue, [low, high]) {
    const found = index(catalogue.columns);
    const step = low > 0 && low < 1 ? 0.5 : 1;
    const onScale = (share) =>
      share === null ? null : Math.min(Math.max(Math.round((share * high) / step) * step, low), high);
    const [items, unmatched] = [new Map(), []];
    for (const entry of entries) {
      if (entry.isUnseen && entry.rating === null) continue; // it gets no mark
      const { number, why } = entry.why ? entry : matched(found, entry, catalogue.columns);
      if (number === undefined) unmatched.push({ title: entry.title, year: entry.year, why });
      else if (!items.has(number) || items.get(number) === null) items.set(number, onScale(entry.rating));
    }
    const { ids, titles, years } = catalogue.columns;
    const item = (number) => ({ item_id: ids[number], title: titles[number], year: years[number] || null });
    return { matched: [...items].map(([number, rating]) => ({ ...item(number), rating })), unmatched };
  }

  return { match, key };
})();
