// Writes tables as CSV files that are safe to open in spreadsheets.
recsys.csv = (() => {
  const LIST = ["rank", "item_id", "title", "year", "genres", "match", "score", "reason", "url"];

  function cell(value) {
    const text = Array.isArray(value) ? value.join("|") : String(value ?? "");
    // A leading =, +, - or @ would run as a formula in a spreadsheet.
    const safe = typeof value !== "number" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  }

  const table = (columns, rows) =>
    [columns, ...rows.map((row) => columns.map((name) => row[name]))]
      .map((row) => row.map(cell).join(","))
      .join("\r\n");

  const list = (items) => table(LIST, items);

  // The columns that Letterboxd's import reads; ids are taken from the URL of the item's page on that site.
  function watchList(items) {
    const id = (item, pattern) => pattern.exec(item.url || "")?.[1];
    const row = (item) => ({
      Title: item.title,
      Year: item.year,
      tmdbID: id(item, /themoviedb\.org\/movie\/(\d+)/),
      imdbID: id(item, /imdb\.com\/title\/(tt\d+)/),
    });
    return table(["Title", "Year", "tmdbID", "imdbID"], items.map(row));
  }

  return { cell, table, list, watchList };
})();
