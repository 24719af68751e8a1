// Reads exported ratings as recsys/imports does: CSV files of Letterboxd and IMDb, and plain tables with a title.
recsys.exports = (() => {
  const { splitYear, natural, FIRST_YEAR, LAST_YEAR } = recsys.titles;
  const MOST_CHARACTERS = 20_000_000;
  const TITLES = ["title", "name", "film", "movie", "movie title", "film title", "movie name", "primary title", "item"];
  const YEARS = ["year", "release year", "release_year", "released", "release date", "release_date"];
  const RATINGS = [
    "rating",
    "my rating",
    "your rating",
    "user rating",
    "score",
    "my score",
    "stars",
    "rating10",
    "vote",
    "grade",
  ];
  const SITES = {
    imdb: ["imdb_id", "imdb", "imdbid", "imdb id", "tconst", "const", "url"],
    tmdb: ["tmdb_id", "tmdb", "tmdbid", "tmdb id"],
    item: ["item_id", "item id"],
  };
  const OTHER_KINDS = new Set(
    "tvseries tvminiseries tvepisode videogame podcastseries podcastepisode musicvideo".split(" "),
  );
  const SCALES = [1, 5, 10, 100];
  const KNOWN = "Use a CSV file of Letterboxd or IMDb, or one with a column Title.";

  // The rows of a delimited text; a quoted cell may hold separators, line ends and doubled quotes.
  function cells(text, delimiter) {
    const rows = [];
    let [row, cell, quoted] = [[], "", false];
    for (let place = 0; place < text.length; place += 1) {
      const char = text[place];
      if (quoted) {
        if (char !== '"') cell += char;
        else if (text[place + 1] === '"') {
          cell += '"';
          place += 1;
        } else quoted = false;
      } else if (char === '"' && !cell) quoted = true;
      else if (char === delimiter || char === "\n") {
        row.push(cell.trim());
        cell = "";
        if (char === "\n") {
          rows.push(row);
          row = [];
        }
      } else cell += char;
    }
    rows.push([...row, cell.trim()]);
    return rows.filter((one) => one.some(Boolean));
  }

  function table(text) {
    let body = text.replace(/\r\n?/g, "\n").replace(/^[\ufeff\n ]+/, "");
    // Letterboxd writes lines about a list before its table, and spreadsheets the separator.
    if (body.startsWith("Letterboxd list export")) body = body.split("\n\n").slice(1).join("\n\n").trimStart();
    let named = null;
    if (/^sep=.\n/i.test(body)) [named, body] = [body[4], body.slice(6)];
    const first = body.split("\n", 1)[0];
    const delimiter = named ?? [",", ";", "\t", "|"].reduce((a, b) => (count(first, b) > count(first, a) ? b : a));
    const [header = [], ...rows] = cells(body, delimiter);
    const names = header.map((name) => name.toLowerCase());
    return {
      names,
      lines: [header, ...rows],
      rows: rows.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at] ?? ""]))),
    };
  }
  const count = (text, char) => text.split(char).length - 1;

  const written = (row, names) => names.map((name) => row[name]).find((value) => value?.trim()) ?? "";
  function year(text) {
    const number = Number(/^\s*(\d{4})(?!\d)/.exec(text)?.[1]);
    return number >= FIRST_YEAR && number <= LAST_YEAR ? number : null;
  }
  const date = (text) => /\b\d{4}-\d{2}-\d{2}/.exec(text)?.[0] ?? "";

  // A rating out of `best` as a share of it, null if the cell has none: "7", "3,5", "4/5", "★★★½".
  function share(text, best) {
    const stars = /^(★*)(½?)$/.exec(text.trim());
    if (stars && text.trim()) return (stars[1].length + 0.5 * stars[2].length) / 5;
    const [top, bottom] = text.trim().replace(",", ".").split("/");
    const [value, most] = [Number.parseFloat(top), bottom === undefined ? best : Number.parseFloat(bottom)];
    return value > 0 && most > 0 && value <= most ? value / most : null;
  }

  function ids(row) {
    const found = {};
    for (const [site, names] of Object.entries(SITES)) {
      const value = written(row, names);
      const imdb = /\btt\d{5,10}\b/.exec(value)?.[0] ?? (/^\d+$/.test(value) ? `tt${value.padStart(7, "0")}` : "");
      const id = site === "imdb" ? imdb : value.replace(/\.0$/, "");
      if (id) found[site] = id;
    }
    return found;
  }

  function letterboxd(row) {
    return {
      title: row.name,
      year: year(row.year ?? ""),
      rating: share(row.rating ?? "", 5),
      date: date(row["watched date"] || row.date || ""),
      ids: {},
    };
  }
  function imdb(row) {
    if (OTHER_KINDS.has((row["title type"] ?? "").toLowerCase().replace(/[ -]/g, ""))) {
      return { title: row.title, year: null, why: `This is not a film but a ${row["title type"]}.` };
    }
    return {
      title: row.title || row["original title"],
      original: row["original title"],
      year: year(row.year ?? ""),
      rating: share(written(row, ["your rating", "you rated"]), 10),
      date: date(written(row, ["date rated", "created"])),
      ids: { imdb: row.const },
    };
  }
  function plain(row, best) {
    const [title, released] = splitYear(written(row, TITLES));
    return {
      title: natural(title),
      original: written(row, ["original title", "original_title"]),
      year: year(written(row, YEARS)) ?? released,
      rating: share(written(row, RATINGS), best),
      date: date(written(row, ["date", "watched date", "watched_at", "rated_at"])),
      ids: ids(row),
    };
  }

  // The smallest usual scale that contains all ratings; whole numbers up to 1 are stars.
  function scaleOf(rows) {
    const numbers = rows.map((row) => Number(written(row, RATINGS).replace(",", "."))).filter((value) => value > 0);
    const most = numbers.reduce((a, b) => Math.max(a, b), 0) || 5;
    if (most <= 1 && numbers.every(Number.isInteger)) return 5;
    return SCALES.find((scale) => most <= scale) ?? most;
  }

  // The titles of an export, oldest first: [{title, year, rating (0 to 1 or null), date, ids}], or {error}.
  function read(text) {
    if (text.length > MOST_CHARACTERS) return { error: "This file is too large for an export of ratings." };
    if (text.includes("\u0000") || text.startsWith("PK")) {
      return { error: `This is not a text file. Unpack it first. ${KNOWN}` };
    }
    if (/^\s*[[{]/.test(text)) return { error: `This site cannot read JSON. ${KNOWN}` };
    const { names, rows, lines } = table(text);
    const has = (...wanted) => wanted.every((name) => names.includes(name));
    let found = [];
    if (has("name", "letterboxd uri")) found = rows.map(letterboxd);
    else if (has("const", "title")) found = rows.map(imdb);
    else if ([...TITLES, ...SITES.imdb, ...SITES.item].some((name) => name !== "url" && has(name))) {
      const best = scaleOf(rows);
      found = rows.map((row) => plain(row, best));
    } else found = lines.map((line) => plain({ title: line.join(", ") }, 5));
    found = found.filter((entry) => entry.title || Object.keys(entry.ids ?? {}).length);
    if (!found.length) return { error: `The file has no titles. ${KNOWN}` };
    return found.sort((a, b) => ((a.date ?? "") < (b.date ?? "") ? -1 : (a.date ?? "") > (b.date ?? "") ? 1 : 0));
  }

  return { read };
})();
