// Filters of all lists: read from the URL, written to it, and changed by the controls of the header.
recsys.filters = (() => {
  const DEFAULTS = recsys.config.filters;
  const NAMES = Object.keys(DEFAULTS);
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

  // The filters in a query string, null if it has none. Invalid values are ignored.
  function read(search) {
    const parameters = new URLSearchParams(search);
    const given = NAMES.filter((name) => parameters.has(name));
    if (!given.length) return null;
    const found = structuredClone(DEFAULTS);
    for (const name of given) {
      if (Array.isArray(DEFAULTS[name])) found[name] = parameters.getAll(name).filter(Boolean);
      else if (typeof DEFAULTS[name] === "boolean") found[name] = parameters.get(name) === "true";
      else found[name] = number(parameters.get(name)) ?? DEFAULTS[name];
    }
    return found;
  }

  // The query string with these filters; those at their default are left out.
  function write(search, filters) {
    const parameters = new URLSearchParams(search);
    for (const name of NAMES) {
      parameters.delete(name);
      if (same(filters[name], DEFAULTS[name])) continue;
      for (const value of [filters[name]].flat()) parameters.append(name, value);
    }
    return recsys.address.withMark(parameters);
  }

  // Completes stored filters; invalid values, such as those of an older version, become the default.
  function complete(stored) {
    const filters = structuredClone(DEFAULTS);
    if (typeof stored !== "object" || stored === null) return filters;
    for (const name of NAMES) if (name in stored) filters[name] = stored[name];
    return filters;
  }

  // Number of filters that differ from their default.
  const used = (filters) => NAMES.filter((name) => !same(filters[name], DEFAULTS[name])).length;

  // The three states of a genre button: any, only these, none of these.
  function stateOf(filters, genre) {
    if (filters.genres_in.includes(genre)) return "in";
    return filters.genres_out.includes(genre) ? "out" : "";
  }
  function cycled(filters, genre) {
    const without = (list) => list.filter((other) => other !== genre);
    const state = stateOf(filters, genre);
    if (state === "") return { genres_in: [...filters.genres_in, genre] };
    if (state === "in") {
      return { genres_in: without(filters.genres_in), genres_out: [...filters.genres_out, genre] };
    }
    return { genres_out: without(filters.genres_out) };
  }

  // The position of a slider around 0, for a screen reader: "30% towards Well known".
  function position(value, low, high) {
    if (value === 0) return "neutral";
    return `${Math.abs(Math.round(value * 100))}% towards ${value < 0 ? low : high}`;
  }

  function number(text) {
    const value = Number(text);
    return text.trim() && Number.isFinite(value) ? value : null;
  }

  return { DEFAULTS, read, write, complete, used, stateOf, cycled, position };
})();
