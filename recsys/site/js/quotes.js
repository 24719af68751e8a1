// Removes quotes at the starts of cells that are not closed, as recsys/imports/quotes.py: they would make one cell of
// all lines after them. Removes quotes around whole lines, as recsys/data/tables/quoted_lines.py.
recsys.quotes = (() => {
  // A cell in quotes may span several lines if a separator or a line end follows its last quote, and if its row has no
  // more cells than the first one. Any other line with an odd number of quotes is one row.
  function withoutOpen(text, delimiter) {
    if (!text.includes('"')) return text;
    const mark = delimiter.replace(/[|\\^$.*+?()[\]{}]/g, "\\$&");
    const cell = new RegExp(`"[^"]*(?:""[^"]*)*" *(?=${mark}|\\n|$)|(?! *")[^${mark}\\n]*`, "y");
    const kept = [];
    let [place, width] = [0, 0];
    while (place <= text.length) {
      const found = text.indexOf("\n", place);
      const end = found < 0 ? text.length : found;
      const line = text.slice(place, end);
      const row = count(line, '"') % 2 ? rowAt(text, place, cell, width) : { last: end, cells: 0 };
      kept.push(row ? text.slice(place, row.last) : closed(line, delimiter, cell));
      width ||= row?.cells || count(line, delimiter) + 1;
      place = (row?.last ?? end) + 1;
    }
    return kept.join("\n");
  }

  // The end of the row that begins at a place and its number of cells; null if a quote is not closed.
  function rowAt(text, start, cell, width) {
    let [place, cells] = [start, 0];
    for (;;) {
      cell.lastIndex = place;
      const found = cell.exec(text);
      cells += 1;
      if (!found || (width && cells > width)) return null;
      const last = place + found[0].length;
      if (last === text.length || text[last] === "\n") return { last, cells };
      place = last + 1;
    }
  }

  // A line without the quotes that begin a cell and do not end it.
  function closed(line, delimiter, cell) {
    const kept = [];
    let place = 0;
    while (place <= line.length) {
      cell.lastIndex = place;
      const found = cell.exec(line);
      if (!found) place = line.indexOf('"', place) + 1;
      const next = found ? place + found[0].length : line.indexOf(delimiter, place);
      const end = next < 0 ? line.length : next;
      kept.push(line.slice(place, end));
      place = end + 1;
    }
    return kept.join(delimiter);
  }

  const LINE = /^"((?:[^"]|"")*)"\s*$/;
  const LINES = 30; // lines by which the form of a table is recognized
  const inner = (line) => LINE.exec(line)?.[1].replaceAll('""', '"');

  // A text without the quotes around each line, null if its lines are not in quotes. `isHeader` judges the first line.
  function withoutOuter(text, isHeader) {
    const lines = text.split(/\r\n?|\n/);
    const filled = lines.slice(0, LINES).filter((line) => line.trim());
    const plain = filled.map((line) => inner(line)?.replace(/"[^"]*"/g, ""));
    if (filled.length < 2 || plain.includes(undefined)) return null;
    const mark = [",", ";", "\t", "|"].reduce((a, b) => (count(plain[0], b) > count(plain[0], a) ? b : a));
    const widths = new Set(plain.map((line) => count(line, mark)));
    if (widths.size > 1 || widths.has(0) || !isHeader(inner(filled[0]))) return null;
    return lines.map((line) => inner(line) ?? line).join("\n");
  }
  // A text whose cells are in single quotes with double quotes, as recsys/data/tables/single_quotes.py; null for others.
  function withoutSingle(text) {
    const filled = text.split(/\r\n?|\n/, LINES).filter((line) => line.trim());
    if (filled.length < 2 || filled.some((line) => line.includes('"'))) return null;
    const forms = [",", ";", "\t", "\\|"].map(
      (mark) => new RegExp(`^${SINGLE}(?:${mark}(?:${SINGLE}|[+-]?[\\d.]*|NULL))+$`),
    );
    if (!forms.some((form) => filled.every((line) => form.test(line.trim())))) return null;
    return text.replace(new RegExp(SINGLE, "g"), (cell) => `"${cell.slice(1, -1).replaceAll("''", "'")}"`);
  }
  const SINGLE = "'(?:[^']|'')*'";
  const count = (text, char) => text.split(char).length - 1;

  return { withoutOpen, withoutOuter, withoutSingle };
})();
