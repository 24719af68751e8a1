// Sort orders of a list; the first is the server's order.
recsys.sorting = (() => {
  // Items without a value come last, in both directions.
  const byNumber = (field, sign) => (a, b) => {
    const [first, second] = [a[field], b[field]].map((value) => (Number.isFinite(value) ? value : null));
    if (first === null || second === null) return (first === null) - (second === null);
    return sign * (first - second);
  };
  const title = (item) => item.title.replace(/^(the|an?) /i, "");

  const ORDERS = {
    best: { title: "Best first" },
    newest: { title: "Newest first", field: "year", compare: byNumber("year", -1) },
    oldest: { title: "Oldest first", field: "year", compare: byNumber("year", 1) },
    title: { title: "By title", field: "title", compare: (a, b) => title(a).localeCompare(title(b), "en") },
  };

  // [key, title] of the orders that tell these items apart.
  function choices(items) {
    const differ = (field) => new Set(items.map((item) => item[field])).size > 1;
    return Object.entries(ORDERS)
      .filter(([, { field }]) => !field || differ(field))
      .map(([key, order]) => [key, order.title]);
  }

  // Returns a new list; the sort is stable.
  function sorted(items, key) {
    const { compare } = ORDERS[key] ?? ORDERS.best;
    return compare ? [...items].sort(compare) : [...items];
  }

  return { choices, sorted };
})();
