// What the columns of an export are: by their names, by IMDb's order of columns, or by the cells of a table without a
// header, as recsys/imports/names.py and imdb.py and headerless.py of recsys/imports/formats/ have them.
recsys.columns = (() => {
  const { FIRST_YEAR } = recsys.titles;
  const {
    TITLES,
    YEARS,
    RATINGS,
    DATES,
    OWN_IDS,
    USERS,
    TIMES,
    ORIGINALS,
    TYPES,
    NO_FILM,
    SEEN,
    STATUS,
    WANTED,
    MARKED,
    VERDICTS,
    LIKED,
    DISLIKED,
    UNSEEN,
    OF_OTHERS,
    SITES,
    words,
  } = recsys.columnNames;
  function withVerdicts(rows, names) {
    const column = VERDICTS.find((name) => names.includes(name));
    const cellOf = (row) => (row[column] ?? "").trim().toLowerCase();
    const cells = rows.map(cellOf).filter(Boolean);
    const isRated = names.some((name) => possible(names).includes(name));
    if (isRated || !cells.length || !cells.every((cell) => LIKED.has(cell) || DISLIKED.has(cell)))
      return { rows, names };
    const said = (cell) => cell && (LIKED.has(cell) ? THUMBS[2] : THUMBS[1]);
    return {
      rows: rows.map((row) => ({ ...row, "star value": said(cellOf(row)) })),
      names: [...names, "star value"],
    };
  }
  const isWanted = (row) => WANTED.some((name) => MARKED.has((row[name] ?? "").trim().toLowerCase()));
  const KNOWN = new Set([...TITLES, ...Object.values(SITES).flat()].filter((name) => name !== "url"));
  const READ = new Set([TITLES, YEARS, RATINGS, DATES, ORIGINALS, TYPES, STATUS, ...Object.values(SITES)].flat());
  // Beginnings of the names of ratings beside which ratings without such a word are those of other people.
  const OWN = /^(your |my |user|meine |deine |ihre |ma |votre |mi |tu |minha |sua |moja |моя )/;
  // A column "note" is a rating beside a title in French only.
  const possible = (names) => (names.includes("titre") || names.includes("film") ? [...RATINGS, "note"] : RATINGS);
  function ratings(names, rows = []) {
    const found = possible(names);
    const own = found.filter((name) => OWN.test(name) && rows.some((row) => row[name]?.trim()));
    return own.length ? own : found;
  }

  // Rows and names with ratings such as "score (out of 10)" under their plain names, each number with its scale, as
  // recsys/imports/rating_columns.py; Netflix has 1 for a thumb down, 2 for one up and 3 for two.
  const SCALE = "(?:/|(?:out )?of |von |sur |su |de |из |z |av |(?<=[ (\\[])[01](?: ?[-–] ?| to | bis | à | a | ))";
  const STATED = new RegExp(`^(.+?) ?[(\\[]? ?${SCALE} ?([1-9]\\d{0,2})(?: [\\p{L}\\p{N}_]+)? ?[)\\]]?$`, "u");
  const THUMBS = { 1: "1/5", 2: "4/5", 3: "5/5" };
  function withScales(rows, names) {
    const known = possible(names);
    const scales = names
      .map((name) => STATED.exec(name))
      .filter((found) => found && known.includes(found[1]) && !names.includes(found[1]));
    const hasThumbs = names.includes("thumbs value");
    if (!scales.length && !hasThumbs) return withVerdicts(rows, names);
    const of = (cell, best) => (/^\d+([.,]\d+)?$/.test(cell.trim()) ? `${cell.trim()}/${best}` : cell);
    const made = rows.map((row) => ({
      ...row,
      ...Object.fromEntries(scales.map(([name, plain, best]) => [plain, of(row[name] ?? "", best)])),
      ...(hasThumbs && !row["star value"] && { "star value": THUMBS[(row["thumbs value"] ?? "").trim()] ?? "" }),
    }));
    const more = [...scales.map((found) => found[1]), ...(hasThumbs ? ["star value"] : [])];
    return { rows: made, names: [...new Set([...names, ...more])] };
  }

  const RATED = words("const, your rating, date rated, title");
  const TYPED = words("url, title type, imdb rating, runtime (mins), year, genres, num votes, release date");
  const LISTED = words("position, const, created, modified, description, title");
  const LAST = words("directors, your rating, date rated");
  const LAYOUTS = [
    [...RATED, "original title", ...TYPED, "directors"],
    [...RATED, ...TYPED, "directors"],
    [...LISTED, "original title", ...TYPED, ...LAST],
    [...LISTED, ...TYPED, ...LAST],
  ];
  // IMDb's names of the columns of an export in another language, whose cells tell their order; null for other tables.
  function imdb(names, lines) {
    const fits = (layout) => {
      const [id, url] = [layout.indexOf("const"), layout.indexOf("url")];
      return lines.every((cells) => /^tt\d{5,10}$/.test(cells[id]) && cells[url]?.includes(`/${cells[id]}`));
    };
    return LAYOUTS.find((layout) => lines.length && layout.length === names.length && fits(layout)) ?? null;
  }

  const WRONG_SHARE = 0.1; // largest share of cells of a column that may be of another kind
  const COUNTED = 3; // fewest rows whose numbers 1, 2, 3 are not ratings but count the rows
  const YEARS_AHEAD = 10;
  const SHORTENED = 60;
  const FEW = 3; // columns that may be the rating
  const ADVICE = "Add a first line that names the columns, such as title,year,rating.";
  const OTHERS = [
    /^[+-]?\d+([.,]\d+)?$/,
    /^(\d{1,2}[./-]\d{1,2}[./-](\d{4}|\d{2})|\d{1,2}:\d\d(:\d\d)?)$/,
    /^https?:\/\/\S+$/,
  ];
  const KINDS = {
    "imdb id": (cell) => /^(https?:\/\/\S*\/)?tt\d{5,10}\/?\S*$/.test(cell),
    date: (cell) => /^\d{4}-\d\d-\d\d([T ][\d:.]+(Z|[+-]\d\d:?\d\d)?)?$/.test(cell),
    year: (cell) =>
      /^\d{4}(\.0)?$/.test(cell) && cell >= FIRST_YEAR && Number(cell) <= new Date().getFullYear() + YEARS_AHEAD,
  };
  const listed = (list) => [list.slice(0, -1).join(", "), ...list.slice(-1)].filter(Boolean).join(" and ");

  // The rows of a text without a known header, {names, rows, said}; {error} if it is not clear what the columns are,
  // null if the lines are titles. `cells(separator)` gives its rows; share, unusable and isMissing judge a cell.
  function headerless(cells, { share, unusable, isMissing }) {
    const fits = (cell, kind) =>
      isMissing(cell) || (kind === "rating" ? share(cell, 100) !== null || !unusable(cell, 100) : KINDS[kind](cell));
    const isOne = (cell, kind) => !isMissing(cell) && (kind !== "rating" || share(cell, 100) !== null);
    function kindOf(column) {
      const filled = column.filter(Boolean);
      if (!filled.length) return "";
      const found = [...Object.keys(KINDS), "rating"].find((kind) => {
        const fitting = filled.filter((cell) => fits(cell, kind)).length;
        return fitting >= (1 - WRONG_SHARE) * filled.length && filled.some((cell) => isOne(cell, kind));
      });
      return found ?? (OTHERS.some((other) => filled.every((cell) => other.test(cell))) ? "" : "title");
    }
    const columnsOf = (lines) => lines[0].map((_, at) => lines.map((line) => line[at]));
    for (const separator of ["\t", ";", "|", ","]) {
      let lines = sameWidth(cells(separator), separator);
      if (!lines) continue;
      // The comma of "10,000 BC" separates no cells.
      const isFew = separator === "," && lines.length < COUNTED && lines[0].length === 2;
      if (isFew && fits(lines[0][0], "rating")) continue;
      let [kinds, header] = [columnsOf(lines).map(kindOf), []];
      if (lines.length > 1) {
        const below = columnsOf(lines.slice(1)).map(kindOf);
        const named = [...below.keys()].filter(
          (at) => ["rating", "year"].includes(below[at]) && !fits(lines[0][at], below[at]),
        );
        if (named.length && named.every((at) => lines[0][at])) {
          [kinds, header, lines] = [below, lines[0], lines.slice(1)];
        }
      }
      if (separator !== "\t" && !kinds.includes("rating") && !kinds.includes("year")) continue;
      const error = decide(kinds, columnsOf(lines));
      if (error) return { error: `The file has no header, and ${error}. ${ADVICE}` };
      const names = kinds.filter(Boolean);
      const pairs = (line) => kinds.map((kind, at) => [kind, line[at]]).filter(([kind]) => kind);
      const rows = lines.map((line) => Object.fromEntries(pairs(line)));
      const first = header.filter(Boolean).join(", ").slice(0, SHORTENED);
      const why = header.length ? `The first line (${first}) names no column that is known` : "The file has no header";
      return { names, rows, said: `${why}; its columns are read as ${listed(names)}, by their cells.` };
    }
    return null;
  }

  // Rows of one width, null if the separator does not separate them. A row may lack its last cells; with commas, the
  // first cell takes what is too many, because titles have commas.
  function sameWidth(lines, separator) {
    const widths = lines.map((line) => line.length).filter((width) => width > 1);
    if (!widths.length || 2 * widths.length < lines.length) return null;
    const comma = separator === ",";
    const width = comma ? Math.min(...widths) : Math.max(...widths);
    if (!comma && 2 * widths.filter((one) => one === width).length < lines.length) return null;
    return lines.map((line) => {
      const more = comma ? Math.max(line.length - width, 0) : 0;
      const row = [line.slice(0, more + 1).join(", "), ...line.slice(more + 1)];
      return [...row, ...Array(width - row.length).fill("")];
    });
  }

  const counts = (column) =>
    column.length >= COUNTED && [0, 1].some((start) => column.every((cell, at) => cell === String(at + start)));

  // Names of the columns that may be the ratings: unknown names, numbers up to 10; "" if none or too many.
  function maybeRating(rows, share) {
    const found = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((name) => {
      const column = rows.map((row) => (row[name] ?? "").trim()).filter(Boolean);
      const isOther = name.includes("#") || name.endsWith("id") || OF_OTHERS.some((part) => name.includes(part));
      const isRead = READ.has(name) || isOther;
      return (
        name && !isRead && column.length > 1 && column.every((cell) => share(cell, 10) !== null) && !counts(column)
      );
    });
    return found.length <= FEW ? found.join(" or ") : "";
  }

  // Leave one column of each kind in `kinds`; returns why that is not possible, or "".
  function decide(kinds, columns) {
    const places = (kind) => [...kinds.keys()].filter((at) => kinds[at] === kind);
    if (places("rating").length > 1 && kinds[0] === "rating" && counts(columns[0])) kinds[0] = "";
    const titles = places("title");
    const dated = titles.filter((at) => columns[at].every((cell) => /\(\d{4}\)$/.test(cell)));
    if (titles.length > 1 && dated.length === 1) {
      for (const at of titles) if (at !== dated[0]) kinds[at] = "";
    } else if (!titles.length && !kinds.includes("imdb id")) {
      return "all its columns are numbers, so its titles are not known";
    }
    for (const kind of ["title", "year", "rating", "imdb id"]) {
      const at = places(kind).map((place) => String(place + 1));
      if (at.length > 1) return `each of its columns ${listed(at)} may be the ${kind}`;
    }
    if (places("date").length > 1 || !(kinds.includes("year") || dated.length)) {
      for (const at of places("date")) kinds[at] = "";
    }
    return "";
  }

  // Whether each row begins with its number, for which the first line has no name, as R writes tables.
  function isNumbered([names, ...rows]) {
    return (
      names?.length > 1 &&
      rows.length > 0 &&
      rows.every((row, at) => row.length === names.length + 1 && row[0] === String(at + Number(rows[0][0]))) &&
      ["0", "1"].includes(rows[0][0])
    );
  }

  // The column of ids in a table of ratings without titles, of which all columns are known; "" for other tables.
  function ownIds(names) {
    const found = OWN_IDS.filter((name) => names.includes(name));
    const others = new Set([...RATINGS, ...DATES, ...USERS, ...TIMES, ...found]);
    return found.length === 1 && names.every((name) => others.has(name)) ? found[0] : "";
  }
  // How many people a table of ratings is of.
  const usersOf = (rows) => new Set(rows.map((row) => firstOf(row, USERS)).filter(Boolean)).size;
  const firstOf = (row, names) => names.map((name) => row[name]?.trim()).find(Boolean) ?? "";

  // The name of a column in small letters with single spaces: "myRating", "movie_title", "Release-Date".
  const nameOf = (name) =>
    name
      .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
      .replace(/[_\-\s]+/g, " ")
      .trim()
      .toLowerCase();

  return {
    ...{ TITLES, YEARS, DATES, SITES, KNOWN, READ, ORIGINALS, TYPES, NO_FILM, SEEN, STATUS, UNSEEN },
    ...{ ratings, imdb, headerless, isNumbered, nameOf, maybeRating, ownIds, usersOf, withScales, isWanted },
  };
})();
