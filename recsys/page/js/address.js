// The URL holds the state of the page, so that every view can be linked to and Back works.
// The keys and the rule for URLs without a tab come from Python (recsys/page/components/address.py).
recsys.address = (() => {
  const { keys: KEYS, tabByKeys: TAB_BY_KEYS } = recsys.config.address;

  // Parses a query string to a view: {tab, film, user, …} without empty values.
  function read(search) {
    const found = new URLSearchParams(search);
    return Object.fromEntries(KEYS.filter((key) => found.get(key)).map((key) => [key, found.get(key)]));
  }

  // Returns the query string after changes; null, undefined and "" remove a key. Other parameters stay.
  function changed(search, changes) {
    const found = new URLSearchParams(search);
    for (const [key, value] of Object.entries(changes)) {
      if (value === null || value === undefined || value === "") found.delete(key);
      else found.set(key, value);
    }
    return withMark(found);
  }

  // The tab of a view; without one, the first whose keys the view has.
  function tabOf(view) {
    return view.tab || TAB_BY_KEYS.find(([, keys]) => keys.every((key) => view[key]))[0];
  }

  // The part of a view that is requested from the server: all but the dialog, which opens on top of the view.
  const withoutDialog = (search) => changed(search, { details: null });

  function withMark(parameters) {
    const text = parameters.toString();
    return text && `?${text}`;
  }

  return { read, changed, tabOf, withoutDialog, withMark };
})();
