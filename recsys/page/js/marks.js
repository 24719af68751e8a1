// What a visitor has said about items: a verdict for each (like, dislike, seen) and a watch-list.
// A visitor is never changed in place; every change gives a new one.
recsys.marks = (() => {
  const EMPTY = { marks: [], watch: [], user_id: "", key: "", session: "" };

  const complete = (stored) => ({ ...structuredClone(EMPTY), ...(typeof stored === "object" ? stored : {}) });
  const verdictOn = (visitor, id) => visitor.marks.find((mark) => mark.item_id === id)?.verdict ?? "";
  const isWatched = (visitor, id) => visitor.watch.some((item) => item.item_id === id);
  const has = (visitor, verdict) => visitor.marks.some((mark) => mark.verdict === verdict);

  // The visitor after a verdict on an item. "watch" puts it on the watch-list or takes it off; "" removes its verdict.
  function changed(visitor, { item_id, title, year, url = "" }, verdict) {
    const item = { item_id, title, year };
    const others = (list) => list.filter((one) => one.item_id !== item_id);
    if (verdict === "watch") {
      const watch = isWatched(visitor, item_id) ? others(visitor.watch) : [...visitor.watch, { ...item, url }];
      return { ...visitor, watch };
    }
    return { ...visitor, marks: [...others(visitor.marks), ...(verdict ? [{ ...item, verdict }] : [])] };
  }

  // The verdict that takes a change back: the earlier one, or the watch-list's toggle again.
  const undoing = (visitor, item, verdict) => (verdict === "watch" ? "watch" : verdictOn(visitor, item.item_id));

  // The sentence that confirms a change.
  function said(visitor, item, verdict, words) {
    if (verdict === "watch") {
      return isWatched(visitor, item.item_id)
        ? `Added to your watch-list: ${item.title}.`
        : `Removed from your watch-list: ${item.title}.`;
    }
    return verdict ? `Marked “${words[verdict]}”: ${item.title}.` : `Mark removed: ${item.title}.`;
  }

  // The visitor after signing out or starting over: no marks and no profile; the watch-list stays.
  const cleared = (visitor) => ({ ...visitor, marks: [], user_id: "", key: "" });

  return { EMPTY, complete, verdictOn, isWatched, has, changed, undoing, said, cleared };
})();
