// Reads the dates of an export as recsys/imports/days.py does, in the usual forms: the whole column tells their order.
recsys.days = (() => {
  const MONTHS = "January February March April May June July August September October November December".split(" ");
  const FEW = 0.01; // largest share of dates in another order that are mistakes
  const YEAR_MS = 31_557_600_000;
  const ORDERS = { day: [2, 1, 0], month: [2, 0, 1], year: [0, 1, 2] }; // places of year, month and day
  const date = (text) => /\b\d{4}-\d{2}-\d{2}/.exec(text)?.[0] ?? "";

  // Each date of a column as YYYY-MM-DD, and a sentence if some cannot be used.
  function daysOf(texts) {
    const days = texts.map((text) => date(text) || sureOf(text.trim()));
    const open = texts.flatMap((text, at) => {
      const one = days[at] ? null : /^(\d{1,2})([./-])\s?(\d{1,2})\2\s?(\d{4}|\d{2})(?!\d)/.exec(text.trim());
      return one ? [{ at, text: text.trim(), separator: one[2], parts: [one[1], one[3], one[4]] }] : [];
    });
    const { found, refused } = inOrder(open);
    if (refused) return { days: texts.map(date), said: [`${refused}, so dates in such a form are not used.`] };
    for (const [place, { at }] of open.entries()) days[at] = found[place];
    return { days, said: [] };
  }

  // A date whose text itself tells its parts: 2024/3/5, 20240305, 2024年3月5日, 5 March 2024, Mar 5, 2024.
  function sureOf(text) {
    const first =
      /^(\d{4})([./-])\s?(\d{1,2})\2\s?(\d{1,2})(?!\d)/.exec(text) ??
      /^(\d{4})()(\d{2})(\d{2})$/.exec(text) ??
      /^(\d{4})()\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]/.exec(text);
    if (first) return isoOf(Number(first[1]), Number(first[3]), Number(first[4]));
    const words = /^(\d{1,2})(?:st|nd|rd|th|\.)?[ -]([a-z]{3,9})\.?,?[ -](\d{4})\b/i.exec(text);
    const american = /^([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\b/i.exec(text);
    const [day, name, year] = words?.slice(1) ?? (american ? [american[2], american[1], american[3]] : []);
    const month = name ? MONTHS.findIndex((one) => [one, one.slice(0, 3)].some((form) => same(form, name))) : -1;
    return month < 0 ? "" : isoOf(Number(year), month + 1, Number(day));
  }
  const same = (form, name) => form.toLowerCase() === name.toLowerCase();

  // The dates in the one order of day, month and year that fits all; a reason if several do, or none.
  function inOrder(open) {
    if (!open.length) return { found: [] };
    const tried = Object.fromEntries(
      Object.keys(ORDERS).map((order) => [order, open.map((one) => readAs(one, order))]),
    );
    const fitting = (order) => tried[order].filter(Boolean).length;
    const best = Object.keys(ORDERS).reduce((a, b) => (fitting(b) > fitting(a) ? b : a));
    let fit = Object.keys(ORDERS).filter((order) => fitting(order) && fitting(order) >= fitting(best));
    const usable = open.map((_, at) => at).filter((at) => Object.values(tried).some((days) => days[at]));
    if (usable.length - fitting(best) > FEW * usable.length) {
      const [good, bad] = [true, false].map((isRead) => usable.find((at) => Boolean(tried[best][at]) === isRead));
      return { refused: `'${open[good].text}' and '${open[bad].text}' do not have day and month in one order` };
    }
    const unsure = open.findIndex((_, at) => new Set(fit.map((order) => tried[order][at])).size > 1);
    if (unsure >= 0) {
      const ahead = (days) => days.some((day) => Date.parse(day) > Date.now() + YEAR_MS);
      if (open.every((one) => one.separator === ".")) fit = fit.includes("day") ? ["day"] : fit;
      else fit = fit.filter((order) => order !== "year" || !ahead(tried.year));
      const choices = [...new Set(fit.map((order) => tried[order][unsure]).filter(Boolean))];
      if (fit.length > 1) return { refused: `'${open[unsure].text}' can be ${choices.map(inWords).join(" or ")}` };
    }
    return { found: tried[fit[0] ?? best] };
  }
  function readAs({ parts, separator }, order) {
    const [year, month, day] = ORDERS[order].map((place) => parts[place]);
    if (order === "year" && (separator !== "-" || Number(day) > 31)) return "";
    return isoOf(year.length > 2 ? Number(year) : Number(year) + (Number(year) >= 69 ? 1900 : 2000), month, day);
  }
  function inWords(day) {
    const [year, month, date] = day.split("-").map(Number);
    return `${date} ${MONTHS[month - 1]} ${year}`;
  }

  // A date that is in the calendar, unlike the 31st of February.
  function isoOf(year, month, day) {
    const made = new Date(Date.UTC(year, Number(month) - 1, Number(day)));
    const isThere = made.getUTCMonth() === Number(month) - 1 && made.getUTCDate() === Number(day);
    return isThere ? made.toISOString().slice(0, 10) : "";
  }

  return { date, daysOf };
})();
