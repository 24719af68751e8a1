// Search of titles as recsys/catalogue/name_matching.py ranks them: no case, accents or word order, small typos.
recsys.titleSearch = (() => {
  const { ARTICLES, FIRST_YEAR, LAST_YEAR, fold, bare, splitYear } = recsys.titles;
  const SMALL_WORDS = new Set([...ARTICLES, "and", "of", "in", "on", "at", "to", "for", "s"]);
  const SMALL = 0.25; // weight of a letter in a short common word
  const POPULAR = 0.08; // score added to the most rated item
  const FITS = 0.35; // lowest score of a result
  const [FULL_NAME, WITHOUT_ARTICLE, WITHOUT_SPACES] = [1.05, 1.03, 1];
  const [RIGHT_YEAR, WRONG_YEAR] = [0.05, -0.08];
  const STRICT = 80; // largest number of names that contain every word
  const FUZZY = 200; // largest number of names with typos
  const SHORTEST_LAST_NAME = 4;

  const typosAllowed = (letters) => (letters < 4 ? 0 : letters < 6 ? 1 : letters < 10 ? 2 : 3);
  const weightOf = (word) => word.length * (SMALL_WORDS.has(word) ? SMALL : 1);

  // Optimal string alignment distance of two words.
  function distance(a, b) {
    let [before, last] = [[], Array.from({ length: b.length + 1 }, (_, place) => place)];
    for (let i = 1; i <= a.length; i += 1) {
      const row = [i];
      for (let j = 1; j <= b.length; j += 1) {
        const same = a[i - 1] === b[j - 1] ? 0 : 1;
        row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + same);
        if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
          row[j] = Math.min(row[j], before[j - 2] + 1);
      }
      [before, last] = [last, row];
    }
    return last[b.length];
  }

  // How alike a typed word and another are: 1 for equal ones, 0 for unlike ones.
  function alikeness(word, other, withTypos) {
    if (word === other) return 1;
    if (other.startsWith(word)) return (word.length > 1 ? 0.85 : 0.5) + (0.15 * word.length) / other.length;
    if (!withTypos) return 0;
    const longest = Math.max(word.length, other.length);
    const allowed = typosAllowed(longest);
    if (!allowed || Math.abs(word.length - other.length) > allowed) return 0;
    const typos = distance(word, other);
    return typos <= allowed ? 1 - (1.2 * typos) / longest : 0;
  }

  // An index of the folded names of all items, most popular first, and of the people of each item.
  function index({ names, counts, years }, people = null) {
    const entries = names.flatMap((own, number) => own.map((name) => ({ number, name, words: name.split(" ") })));
    const byWord = new Map();
    for (const [place, entry] of entries.entries()) {
      for (const word of new Set(entry.words)) {
        if (!byWord.has(word)) byWord.set(word, []);
        byWord.get(word).push(place);
      }
    }
    const most = counts.reduce((a, b) => Math.max(a, b), 1);
    return { entries, byWord, vocabulary: [...byWord.keys()], counts, years, most, people: personIndex(people) };
  }

  function personIndex(people) {
    const found = new Map();
    const add = (name, number, whole) => {
      if (!found.has(name)) found.set(name, new Map());
      const numbers = found.get(name).get(whole) ?? new Set();
      found.get(name).set(whole, numbers.add(number));
    };
    for (const [number, names] of (people ?? []).entries()) {
      for (const name of names) {
        const whole = fold(name);
        const last = whole.split(" ").at(-1);
        if (whole) add(whole, number, whole);
        if (last !== whole && last.length >= SHORTEST_LAST_NAME) add(last, number, whole);
      }
    }
    return found;
  }

  // Numbers of the items of a person with this full or last name; of several, the one with the most items.
  function ofPerson(found, text) {
    const same = [...(found.people.get(fold(text))?.values() ?? [])];
    const numbers = same.sort((a, b) => b.size - a.size)[0];
    return numbers ? [...numbers].sort((a, b) => a - b) : [];
  }

  // The words and the year of a typed text.
  function parsed(text) {
    const [rest, year] = splitYear(text);
    const folded = fold(text);
    if (year !== null) return { folded, words: fold(rest).split(" ").filter(Boolean), year };
    const last = /^(.+) (\d{4})$/.exec(folded);
    const number = Number(last?.[2]);
    if (last && number >= FIRST_YEAR && number <= LAST_YEAR) return { folded, words: last[1].split(" "), year: number };
    return { folded, words: folded.split(" ").filter(Boolean), year: null };
  }

  function candidates(found, words, n) {
    const strict = withEveryWord(found, words);
    if (new Set(strict.map((place) => found.entries[place].number)).size >= n) return strict;
    const alike = withTypos(found, words);
    // Beside the item that is meant, names with typos of its words are noise.
    const plain = (text) => bare(text).replaceAll(" ", "");
    const meant = plain(words.join(" "));
    const isNamed = strict.some((place) => plain(found.entries[place].name) === meant);
    const telling = words.filter((word) => !SMALL_WORDS.has(word));
    const sharing = (place) => telling.some((word) => found.entries[place].words.includes(word));
    return [...new Set([...strict, ...(isNamed ? alike.filter(sharing) : alike)])];
  }
  function withEveryWord(found, words) {
    const long = words.filter((word) => word.length > 1);
    const needed = long.length ? long : words;
    let places = null;
    for (const word of needed) {
      const own = new Set();
      for (const other of found.vocabulary) {
        if (other.startsWith(word)) for (const place of found.byWord.get(other)) own.add(place);
      }
      places = places === null ? own : new Set([...places].filter((place) => own.has(place)));
    }
    // Names are in the order of popularity.
    return [...(places ?? [])].sort((a, b) => a - b).slice(0, STRICT);
  }
  function withTypos(found, words) {
    const sums = new Map();
    for (const word of words) {
      for (const other of found.vocabulary) {
        const alike = alikeness(word, other, true);
        if (!alike) continue;
        const value = (alike * weightOf(word)) / Math.sqrt(found.byWord.get(other).length);
        for (const place of found.byWord.get(other)) sums.set(place, (sums.get(place) ?? 0) + value);
      }
    }
    return [...sums]
      .sort((a, b) => b[1] - a[1] || a[0] - b[0])
      .slice(0, FUZZY)
      .map(([place]) => place);
  }

  // How well a name fits typed words, from 0 to FULL_NAME.
  function fit(words, name, named) {
    if (!words.length) return 0;
    const text = words.join(" ");
    if (text === name) return FULL_NAME;
    if (bare(text) === bare(name)) return WITHOUT_ARTICLE;
    if (words.join("") === name.replaceAll(" ", "")) return WITHOUT_SPACES;
    let value = 0;
    const used = new Map();
    for (const word of words) {
      let [place, score] = [0, 0];
      for (const [at, other] of named.entries()) {
        const alike = alikeness(word, other, true);
        if (alike > score) [place, score] = [at, alike];
      }
      if (!score) continue;
      value += weightOf(word) * score;
      used.set(place, Math.max(score, used.get(place) ?? 0));
    }
    const sizes = named.map(weightOf);
    const sum = (values) => values.reduce((total, one) => total + one, 0);
    const covered = sum([...used].map(([place, score]) => sizes[place] * score)) / (sum(sizes) || 1);
    const start = name.startsWith(text) ? 0.03 : 0;
    return (value / sum(words.map(weightOf))) * (0.85 + 0.12 * covered) + start;
  }

  // Numbers of the n items whose title fits a typed text, best first; then those of a person with that name.
  function search(found, text, n) {
    const query = parsed(text);
    if (!query.folded) return [];
    const whole = query.folded.split(" ");
    const best = new Map();
    for (const place of candidates(found, query.words, n)) {
      const { number, name, words } = found.entries[place];
      let value = fit(query.words, name, words);
      if (query.year !== null) {
        value = Math.max(
          fit(whole, name, words),
          value + (found.years[number] === query.year ? RIGHT_YEAR : WRONG_YEAR),
        );
      }
      const total = value + (POPULAR * Math.log1p(found.counts[number])) / Math.log1p(found.most);
      if (!best.has(number) || total > best.get(number).total) best.set(number, { total, value });
    }
    const titled = [...best]
      .filter(([, { value }]) => value > FITS)
      .sort((a, b) => b[1].total - a[1].total || a[0] - b[0])
      .map(([number]) => number);
    const person = ofPerson(found, text);
    if (!person.length) return titled.slice(0, n);
    const holds = new Set(found.entries.filter(({ name }) => name.includes(query.folded)).map(({ number }) => number));
    const holding = titled.filter((number) => holds.has(number));
    return [...new Set([...holding, ...person, ...titled])].slice(0, n);
  }

  return { index, search, distance };
})();
