// Reads the dates of an export as recsys/imports/days.py does: the whole column tells whether day or month come first.
recsys.days = (() => {
  const date = (text) => /\b\d{4}-\d{2}-\d{2}/.exec(text)?.[0] ?? "";

  // Each date of a column as YYYY-MM-DD, and a sentence if they cannot be used.
  function daysOf(texts) {
    const days = texts.map(date);
    const forms = texts.map((text, at) =>
      days[at] ? null : /^\s*((\d{1,2})([./-])(\d{1,2})\3(\d{4}|\d{2}))(?!\d)/.exec(text),
    );
    const found = forms.filter(Boolean);
    if (!found.length) return { days, said: [] };
    const [first, second] = [2, 4].map((place) => Math.max(...found.map((one) => Number(one[place]))));
    const dotted = found.every((one) => one[3] === ".");
    if (!dotted && first > 12 === second > 12) {
      const what = first <= 12 ? "may have the day or the month first" : "do not all have the day first";
      return { days, said: [`Dates such as '${found[0][1]}' ${what}, so they are not used.`] };
    }
    for (const [at, one] of forms.entries()) {
      if (!one) continue;
      const [day, month] = dotted || first > 12 ? [one[2], one[4]] : [one[4], one[2]];
      const short = Number(one[5]) + (Number(one[5]) >= 69 ? 1900 : 2000);
      days[at] = isoOf(one[5].length > 2 ? Number(one[5]) : short, Number(month), Number(day));
    }
    return { days, said: [] };
  }
  // A date that is in the calendar, unlike the 31st of February.
  function isoOf(year, month, day) {
    const made = new Date(Date.UTC(year, month - 1, day));
    return made.getUTCMonth() === month - 1 && made.getUTCDate() === day ? made.toISOString().slice(0, 10) : "";
  }

  return { date, daysOf };
})();
