// Reads exported ratings as recsys/imports does: CSV files of Letterboxd and IMDb, and plain tables with a title.
recsys.exports = (() => {
  const { fold, splitYear, natural, FIRST_YEAR, LAST_YEAR } = recsys.titles;
  const MOST_CHARACTERS = 20_000_000;
  const { TITLES, YEARS, DATES, SITES, KNOWN, READ, ORIGINALS, TYPES } = recsys.columns;
  const { SEEN, STATUS, UNSEEN, ratings, nameOf } = recsys.columns;
  const { date, daysOf } = recsys.days;
  // Whatever is no film, as English, German, French, Spanish, Italian, Portuguese and Polish exports of IMDb name it.
  const NO_FILM =
    /serie|serial|episod|epizod|odcinek|podcast|vid.?o ?(spiel|game|jue|jog)|jeu video|musi[ck][\p{L}\p{N}_]* ?vi/u;
  const SCALES = [1, 5, 10, 100];
  const MISSING = new Set([
    ...["", "?", "-", "--", "–", "—", ".", "(none)", "\\n", "na", "n/a", "n.a.", "#n/a", "nan", "nat", "none", "null"],
    "nil",
  ]);
  const UNRATED = new Set([
    ...MISSING,
    ...["not rated", "unrated", "not seen", "unseen", "no rating", "n", "no", "false"],
    ...`nr|n.r.|n/r|not yet rated|none given|no score|not scored|no vote|tbd|nicht bewertet|keine bewertung|unbewertet
|ohne bewertung|k.a.|k. a.|pas noté|non noté|sans note|pas de note|sin calificar|sin valorar|sin puntuar|sin nota|s/n
|não avaliado|sem nota|sem avaliação|non valutato|senza voto|s.v.|niet beoordeeld|geen beoordeling|brak oceny|bez oceny
|brak|nehodnoceno|bez hodnocení|ej betygsatt|ikke vurderet|ei arvioitu|değerlendirilmedi|нет оценки|без оценки
|не оценено|未评分|暂无评分|未評価|評価なし|평가 없음|미평가`
      .replaceAll("\n", "")
      .split("|"),
  ]);
  // Words for stars and points, and those between a rating and the best one.
  const STARS =
    String.raw`(?:stars?|sterne?n?|étoiles?|estrellas?|stell[ae]|estrelas?|sterren|stjärnor|stjerner|gwiazd\p{L}*
|hvězdič\p{L}*|зв[её]зд\p{L}*|points?|punkte?n?|puntos?|punti|pontos?|星)`.replace("\n", "");
  const OUT_OF = "(?:out of|of|von|sur|de|su|van|av|af|z|ze|из)";
  const IN_STARS = new RegExp(String.raw`(?<=\d|½)\s*(?:${STARS}|\*)$`, "iu");
  const BETWEEN = new RegExp(String.raw`(?<=\d|½)\s*${OUT_OF}\s*(?=\d)`, "i");
  const TITLE_LINES = 4; // lines of text above a table that are left out
  const NUMBERED = 30; // lines by which it is seen that each row begins with its number
  const LONGEST = 40; // characters of a cell in a sentence
  const HEAD = 4096; // characters in which zero bytes are looked for
  const PRINTED = [
    [/^\ufeff?#\s+A (tibble|data frame|grouped_df)/, "R prints a tibble, which shortens it; save it with write_csv"],
    [/^ {2,}\S.*\r?\n0 {2,}\S/, "pandas prints it, which may shorten it; save it with to_csv"],
    [/^ *│[^\n]*┆/m, "Polars prints it, which shortens texts and leaves out rows; save it with write_csv"],
  ];
  const QUOTED = "each line is in quotes as a whole, and is read without them";
  const SINGLE = "cells in single quotes are read without them";
  const USE = "Use a CSV file of Letterboxd or IMDb, or one with a column Title.";
  const WIDE = "The row has more cells than the header. Write cells that contain the separator in quotes.";
  const CUT = "The last line has fewer cells than the header, so the file may be cut off. Export it again.";

  const MARKS = 2; // most marks before a title, such as "- [x] "
  const MARK = /^(?:[-*•–+]|\[[ xX]?\]|\d{1,3}[.)]|[☐☑☒✓✔✅✗✘❌⬜]\ufe0f?)\s+/;
  const OPEN = /^(\[ ?\]|[☐✗✘❌⬜])/;
  const UNMARKED = "It is not marked as seen.";
  const HEADING = /^#{1,6}\s/;
  const RATED = /^(.*?\S)\s*(?:\s[-–—|]\s+|[:,]\s+|\s)\(?(\d{1,2}(?:[.,]\d)?\/(?:5|10)|[★⭐]+½?☆*)\)?$/u;
  // Titles begin with brackets too, such as [REC]; JSON has a value, a name or nothing after them.
  const JSON_START = /^\s*(\[\s*([[{"\]\d-]|true|false|null|NaN|$)|\{\s*(["'}]|$))/;

  // The rows of a delimited text; a quoted cell may hold separators, line ends and doubled quotes.
  function cells(written, delimiter, clean = (cell) => cell.trim()) {
    const text = recsys.quotes.withoutOpen(written, delimiter);
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
        row.push(clean(cell));
        cell = "";
        if (char === "\n") {
          rows.push(row);
          row = [];
        }
      } else cell += char;
    }
    rows.push([...row, clean(cell)]);
    return rows.filter((one) => one.some((cell) => cell.trim()));
  }

  const readNames = (line) =>
    line.split(separatorOf(line)).filter((cell) => READ.has(nameOf(cell.replace(/^[" ]+|[" ]+$/g, ""))));
  const isHeader = (line) => readNames(line).length > 1;

  // The text from its line of names on, where a few lines with one cell each stand above it.
  function belowTitle(text) {
    let rest = text;
    for (let lines = 0; lines <= TITLE_LINES; lines += 1) {
      const end = rest.indexOf("\n");
      const line = end < 0 ? rest : rest.slice(0, end);
      if (isHeader(line)) return rest;
      if (line.split(separatorOf(line)).filter((cell) => cell.replace(/["\s]/g, "")).length > 1 || end < 0) break;
      rest = rest.slice(end + 1);
    }
    return text;
  }
  const separatorOf = (line) => [",", ";", "\t", "|"].reduce((a, b) => (count(line, b) > count(line, a) ? b : a));

  function table(text) {
    let body = text.replace(/\r\n?/g, "\n").replace(/^[\ufeff\n ]+/, "");
    // Letterboxd writes lines about a list before its table, and spreadsheets the separator.
    if (body.startsWith("Letterboxd list export")) body = body.split("\n\n").slice(1).join("\n\n").trimStart();
    let named = null;
    if (/^sep=.\n/i.test(body)) [named, body] = [body[4], body.slice(6)];
    if (!named) body = belowTitle(body);
    const delimiter = named ?? separatorOf(body.split("\n", 1)[0]);
    if (recsys.columns.isNumbered(cells(body.split("\n", NUMBERED).join("\n"), delimiter))) body = delimiter + body;
    const [header = [], ...rows] = cells(body, delimiter);
    const isCut = !body.endsWith("\n") && rows.length > 0 && rows.at(-1).length < header.length;
    const cut = isCut ? rows.pop().join(", ") : "";
    const isRepeated = (row) => row.length === header.length && row.every((cell, at) => cell === header[at]);
    const isWide = (row) => row.slice(header.length).some(Boolean);
    return {
      body,
      header,
      delimiter,
      cut,
      lines: rows.filter((row) => !isWide(row) && !isRepeated(row)), // files that were put together repeat the header
      wide: rows.filter(isWide).map((row) => row.join(", ")),
    };
  }
  const named = (lines, names) =>
    lines.map((row) => Object.fromEntries(names.map((name, at) => [name, unguarded(row[at] ?? "")])));
  // The server writes an apostrophe before a cell that a spreadsheet would run as a formula.
  const unguarded = (cell) => cell.replace(/^'(?=[=+\-@])/, "");
  const count = (text, char) => text.split(char).length - 1;

  const written = (row, names) => names.map((name) => row[name]).find((value) => value?.trim()) ?? "";
  function year(text) {
    const number = Number(/^\s*(\d{4})(?!\d)/.exec(text)?.[1]);
    return number >= FIRST_YEAR && number <= LAST_YEAR ? number : null;
  }

  // A rating out of `best` as a share of it, null if the cell has none: "7", "3,5", "4/5", "★★★½".
  function share(text, best) {
    const cell = text
      .trim()
      .replace(",", ".")
      .replace(/=\s*"([^"]*)"/, "$1")
      .replaceAll("⭐", "★")
      .replaceAll("\ufe0f", "")
      .replace(/^\*+$/, (stars) => "★".repeat(stars.length))
      .replace(IN_STARS, "")
      .replace(BETWEEN, "/")
      .replace(/^(\d+)(?:\s*½| 1\/2)/, "$1.5");
    const stars = /^(★*)(½?)☆*$/.exec(cell);
    const lit = stars ? stars[1].length + 0.5 * stars[2].length : 0;
    if (stars) return lit > 0 && lit <= 5 ? lit / 5 : null;
    const [top, bottom] = cell.replace(/%$/, "").split("/");
    const [value, most] = [Number(top), cell.endsWith("%") ? 100 : bottom === undefined ? best : Number(bottom)];
    return value > 0 && Number.isFinite(most) && value <= most ? value / most : null;
  }

  // The cell of a rating that is not on a scale up to `best`, "" if the cell is a rating or empty.
  function unusable(text, best) {
    const cell = text.trim();
    if (share(cell, best) !== null || UNRATED.has(cell.toLowerCase())) return "";
    return /^[+-]?0+([.,]0*)?(\/\d+)?$/.test(cell) ? "" : cell;
  }
  const rated = (text, best) => ({ rating: share(text, best), unusable: unusable(text, best) });

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
      ...rated(row.rating ?? "", 5),
      date: date(row["watched date"] || row.date || ""),
      ids: {},
    };
  }
  function imdb(row) {
    if (NO_FILM.test(fold(row["title type"] ?? ""))) {
      return { title: row.title, year: null, why: `This is not a film but a ${row["title type"]}.` };
    }
    const given = rated(written(row, ["your rating", "you rated"]), 10);
    return {
      title: row.title || row["original title"],
      original: row["original title"],
      year: year(row.year ?? ""),
      ...given,
      isUnseen: given.rating === null, // the watch-list
      date: date(written(row, ["date rated", "created"])),
      ids: { imdb: row.const },
    };
  }
  function plain(row, best, rating, needsMark = false, day = "") {
    const [title, released] = splitYear(written(row, TITLES));
    const kind = written(row, TYPES).trim();
    const found = ids(row);
    if (recsys.columns.NO_FILM.has(kind.toLowerCase().split(/\s+/).join("")) && (found.imdb || found.tmdb)) {
      return { title: natural(title), year: null, why: `This is not a film but of type ${kind}.` };
    }
    const status = written(row, STATUS).trim().toLowerCase().replaceAll("_", " ");
    const given = rated(written(row, rating), best);
    const isWanted = given.rating === null && (!status || UNSEEN.has(status)) && recsys.columns.isWanted(row);
    if (needsMark && !status && !isWanted && given.rating === null)
      return { title: natural(title), year: null, why: UNMARKED };
    return {
      title: natural(title),
      original: written(row, ORIGINALS),
      year: year(written(row, YEARS)) ?? released,
      ...given,
      date: day,
      ids: found,
      isUnseen: isWanted || UNSEEN.has(status),
    };
  }

  // The smallest usual scale that contains the ratings; whole numbers up to 1 are stars. Ratings out of 100 have a
  // median above 10; in other tables, a rating above 10 is a mistake.
  const numberOf = (text) => Number(text.replace(",", "."));
  function scaleOf(rows, rating) {
    const numbers = rows
      .map((row) => numberOf(written(row, rating)))
      .filter((value) => value > 0 && value <= 100)
      .sort((a, b) => a - b);
    if (!numbers.length) return 5;
    if (numbers[Math.floor((numbers.length - 1) / 2)] > 10) return 100;
    const usual = numbers.filter((value) => value <= 10);
    const most = usual.at(-1);
    if (most <= 1 && usual.every(Number.isInteger)) return 5;
    return SCALES.find((scale) => most <= scale);
  }

  // Sentences about ratings that were not used, as Imported.notes of recsys/imports/entries.py.
  function notes(entries) {
    const said = entries.said ?? [];
    const lost = entries.filter((entry) => entry.unusable);
    if (!lost.length) return said;
    const [{ title, unusable: cell }] = lost;
    const example = `'${cell.slice(0, LONGEST)}'${title ? ` for ${title}` : ""}`;
    const off = "not on the scale of this export, so";
    if (lost.length === 1) return [...said, `The rating ${example} is ${off} the title counts as not rated.`];
    return [...said, `${lost.length} ratings, such as ${example}, are ${off} their titles count as not rated.`];
  }

  // A few zero bytes below the first line are mistakes of a program; other files with them are not texts.
  function isBinary(text) {
    const head = text.slice(0, HEAD);
    const zeros = count(head, "\u0000");
    return text.startsWith("PK") || head.split("\n", 1)[0].includes("\u0000") || zeros > count(head, "\n");
  }

  // The titles of an export, oldest first: [{title, year, rating (0 to 1 or null), date, ids}], or {error}.
  function read(text) {
    if (text.length > MOST_CHARACTERS) return { error: "This file is too large for an export of ratings." };
    if (isBinary(text)) return { error: `This is not a text file. Unpack it first. ${USE}` };
    if (JSON_START.test(text)) return { error: `This site cannot read JSON. ${USE}` };
    if (/^\s*<(!doctype|html|\?xml)/i.test(text)) return { error: `This is a web page, not an export. ${USE}` };
    const printed = PRINTED.find(([form]) => form.test(text.slice(0, 10_000)));
    if (printed) return { error: `The file is a table as ${printed[1]}.` };
    const clean = text.replaceAll("\u0000", "");
    const unquoted = recsys.quotes.withoutOuter(clean, isHeader);
    const requoted = unquoted === null ? recsys.quotes.withoutSingle(clean) : null;
    let found = entriesOf(table(unquoted ?? requoted ?? clean));
    if (found.error) return found;
    const note = unquoted !== null ? QUOTED : requoted !== null ? SINGLE : "";
    const said = note ? [...(found.said ?? []), `The file: ${note}.`] : found.said;
    found = found.filter((entry) => entry.title || Object.keys(entry.ids ?? {}).length);
    if (!found.length) return { error: `The file has no titles. ${USE}` };
    found.sort((a, b) => ((a.date ?? "") < (b.date ?? "") ? -1 : (a.date ?? "") > (b.date ?? "") ? 1 : 0));
    return Object.assign(found, said && { said });
  }

  // The entries of a table in the order of the file, with sentences `said` about how it was read; or {error}.
  function entriesOf({ body, header, lines, cut, wide }) {
    const small = header.map((name) => name.toLowerCase());
    const left = [
      ...(cut ? [{ title: cut.slice(0, LONGEST), year: null, why: CUT }] : []),
      ...wide.map((row) => ({ title: row.slice(0, LONGEST), year: null, why: WIDE })),
    ];
    if (["name", "letterboxd uri"].every((name) => small.includes(name))) {
      return [...named(lines, small).map(letterboxd), ...left];
    }
    const translated = recsys.columns.imdb(small, lines);
    if (translated || ["const", "title"].every((name) => small.includes(name))) {
      return [...named(lines, translated ?? small).map(imdb), ...left];
    }
    const names = header.map(nameOf);
    if (names.some((name) => KNOWN.has(name))) {
      const rows = named(lines, names);
      const { entries, said, hasRatings } = rowsOf(rows, names);
      const other = hasRatings ? "" : recsys.columns.maybeRating(rows, share);
      const unrated = other ? [`No column is known as your ratings. If ${other} has them, call it rating.`] : [];
      return Object.assign([...entries, ...left], { said: [...said, ...unrated] });
    }
    const own = recsys.columns.ownIds(names);
    if (own) {
      const rows = named(lines, names).map((row) => ({ ...row, [SITES.item[0]]: row[own] }));
      const users = recsys.columns.usersOf(rows);
      if (users > 1) return { error: `The file has ratings of ${users} users. Keep the rows of one of them.` };
      const { entries, said } = rowsOf(rows, names);
      const read = `The column ${own} is read as the ids of this catalogue.`;
      return Object.assign([...entries, ...left], { said: [...said, read] });
    }
    const judges = { share, unusable, isMissing: (cell) => MISSING.has(cell.toLowerCase()) };
    const unnamed = recsys.columns.headerless((separator) => cells(body, separator), judges);
    if (unnamed?.error) return unnamed;
    if (!unnamed) {
      const asWritten = cells(body, ",", (cell) => cell).map((line) => line.join(",").trim());
      return listed(asWritten).map((row) => ({ ...plain(row, 5, ["rating"]), isUnseen: row.isOpen }));
    }
    const { entries, best, said } = rowsOf(unnamed.rows, unnamed.names);
    const isInferred = unnamed.rows.some(({ rating }) => rating && numberOf(rating) > 0);
    return Object.assign(entries, {
      said: [unnamed.said, ...said, ...(isInferred ? [`The ratings are read as out of ${best}.`] : [])],
    });
  }
  // The lines of a list that a person wrote, without its marks and with a rating that states its scale.
  function listed(lines) {
    let rest = lines.filter((line) => !HEADING.test(line));
    if (!rest.every((line) => MARK.test(line))) rest = lines;
    let areOpen = rest.map(() => false); // tasks that are not done
    for (let marks = 0; marks < MARKS; marks += 1) {
      if (rest.length > 1 && rest.every((line) => MARK.test(line))) {
        areOpen = rest.map((line, at) => areOpen[at] || OPEN.test(line));
        rest = rest.map((line) => line.replace(MARK, ""));
      }
    }
    return rest.map((line, at) => {
      const clean = line.replace(/\[([^\]]+)\]\(\S*\)/g, "$1").replace(/(\*\*|__|~~)(.+?)\1/g, "$2");
      const found = RATED.exec(clean);
      return { title: found?.[1] ?? clean, rating: found?.[2] ?? "", isOpen: areOpen[at] };
    });
  }
  function rowsOf(asWritten, namesAsWritten) {
    const { rows, names } = recsys.columns.withScales(asWritten, namesAsWritten);
    const rating = ratings(names, rows);
    // A column of this name, as in Letterboxd's import format, states its scale.
    const states = rating.find((name) => names.includes(name)) === "rating10";
    const best = states ? 10 : scaleOf(rows, rating);
    const needsMark = names.some((name) => SEEN.includes(name));
    const { days, said } = daysOf(rows.map((row) => written(row, DATES)));
    const hasRatings = names.some((name) => rating.includes(name));
    return { best, said, hasRatings, entries: rows.map((row, at) => plain(row, best, rating, needsMark, days[at])) };
  }

  return { read, notes };
})();
