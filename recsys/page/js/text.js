// Formats words and numbers for the page. It uses no DOM, so that it can be tested in Node.
recsys.text = (() => {
  // Codes that TMDb uses and the browser's table of languages lacks.
  const LANGUAGES = { cn: "Cantonese", xx: "No language" };
  const names = new Intl.DisplayNames(["en"], { type: "language", fallback: "none" });

  const label = (item) => (item.year ? `${item.title} (${item.year})` : item.title);
  const plural = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;
  const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
  const joined = (parts, separator = " · ") => parts.filter(Boolean).join(separator);
  const duration = (seconds) => (seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`);

  // What will be trained and how long it takes, from the times it took before; "" if nothing is chosen.
  function trainingTime(models) {
    if (!models.length) return "";
    const known = models.filter((model) => Number.isFinite(model.seconds));
    const total = known.reduce((sum, model) => sum + model.seconds, 0);
    const time = known.length ? `about ${duration(Math.max(1, total))}, as long as before` : "";
    const unknown = models.length - known.length;
    const rest = unknown
      ? `${plural(unknown, "model")} that ${unknown === 1 ? "has" : "have"} not been timed here`
      : "";
    return `Trains ${plural(models.length, "model")} and no other: ${joined([time, rest], ", and ")}.`;
  }

  // Only web addresses may become links; others such as "javascript:" are dropped.
  const webAddress = (address) => (/^https?:\/\//.test(address || "") ? address : null);

  // English name of a language code; the code itself if it is unknown.
  function language(code) {
    if (LANGUAGES[code]) return LANGUAGES[code];
    try {
      return names.of(code) || code;
    } catch {
      return code;
    }
  }

  // A rating in the words of the catalogue: "★ 4.5", "completed".
  function rating(value, words) {
    return words.worth?.[value] ?? (words.valued ? `★ ${value}` : words.done);
  }

  return { label, plural, capital, joined, duration, trainingTime, webAddress, language, rating };
})();
