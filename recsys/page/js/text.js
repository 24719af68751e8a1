// Formats words and numbers for the page. It uses no DOM, so that it can be tested in Node.
recsys.text = (() => {
  // Codes that TMDb uses and the browser's table of languages may lack.
  const LANGUAGES = {
    ...{ bo: "Tibetan", cn: "Cantonese", cr: "Cree", dz: "Dzongkha", iu: "Inuktitut", kl: "Greenlandic" },
    ...{ nv: "Navajo", se: "Northern Sami", xx: "No language" },
  };
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

  // A running time in minutes: "1 h 46 min".
  const minutes = (all) =>
    Number.isInteger(all) && all > 0
      ? joined([all >= 60 && `${Math.floor(all / 60)} h`, all % 60 && `${all % 60} min`], " ")
      : "";

  // Where a film can be watched: in the visitor's country if there is an offer, else in the first country with one.
  // Returns the English name of the country and the services, or null.
  function offers(providers, locale) {
    const countries = Object.keys(providers || {});
    if (!countries.length) return null;
    const own = new Intl.Locale(locale || "en").maximize().region;
    const code = countries.includes(own) ? own : countries.includes("US") ? "US" : countries[0];
    const { stream = [], rent = [], buy = [] } = providers[code];
    const others = (word, names) => names.length && `to ${word}: ${names.join(", ")}`;
    const country = new Intl.DisplayNames(["en"], { type: "region" }).of(code);
    return { country, services: joined([stream.join(", "), others("rent", rent), others("buy", buy)], "; ") };
  }

  // A rating in the words of the catalogue: "★ 4.5", "completed".
  function rating(value, words) {
    return words.worth?.[value] ?? (words.valued ? `★ ${value}` : words.done);
  }

  return { label, plural, capital, joined, duration, trainingTime, webAddress, language, minutes, offers, rating };
})();
