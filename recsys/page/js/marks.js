// The visitor's marks: a verdict on each item (like, dislike, seen), perhaps with a rating, and a watch-list.
// A visitor is immutable; every change returns a new one. Each mark and entry has a time, so that the marks of two
// windows can be merged: the latest mark of each item is used, and a removed mark stays as a record of its removal.
recsys.marks = (() => {
  const EMPTY = { marks: [], watch: [], less: [], user_id: "", key: "", session: "" };
  const MOST_REMOVED = 200; // largest number of stored records of removals

  const complete = (stored) => ({ ...structuredClone(EMPTY), ...(typeof stored === "object" ? stored : {}) });
  const markOn = (visitor, id) => visitor.marks.find((mark) => mark.item_id === id && mark.verdict);
  const verdictOn = (visitor, id) => markOn(visitor, id)?.verdict ?? "";
  const ratingOn = (visitor, id) => markOn(visitor, id)?.rating ?? null;
  const isWatched = (visitor, id) => visitor.watch.some((item) => item.item_id === id && !item.gone);
  const watched = (visitor) => visitor.watch.filter((item) => !item.gone);
  const given = (visitor, verdict) => visitor.marks.filter((mark) => mark.verdict === verdict);
  const has = (visitor, verdict) => given(visitor, verdict).length > 0;
  const hasAny = (visitor) => visitor.marks.some((mark) => mark.verdict);

  // A time for a new change of an entry: later than its last one, even if another device with a wrong clock made that.
  const after = (list, id, time) => Math.max(time, (list.find((one) => one.item_id === id)?.time ?? -1) + 1);

  // The visitor after a verdict on an item, perhaps with a rating. "watch" adds it to the watch-list or removes it;
  // "" removes its verdict.
  function changed(visitor, { item_id, title, year, url = "" }, verdict, rating = null, time = 0) {
    const others = (list) => list.filter((one) => one.item_id !== item_id);
    const item = { item_id, title, year };
    if (verdict === "watch") {
      const gone = isWatched(visitor, item_id);
      const entry = { ...item, url, time: after(visitor.watch, item_id, time), gone };
      return { ...visitor, watch: trimmed([...others(visitor.watch), entry]) };
    }
    const mark = { ...item, verdict, rating: verdict ? rating : null, time, sent: false };
    return { ...visitor, marks: trimmed([...others(visitor.marks), mark]) };
  }

  // What the visitor wants less of: {item_id, title} whose item_id is "id:ID", "person:NAME" or "theme:WORD".
  const lessOf = (visitor) => visitor.less.filter((one) => !one.gone);
  const isLess = (visitor, what) => lessOf(visitor).some((one) => one.item_id === what);
  // The visitor after wanting less of something, or no longer.
  function lessened(visitor, what, title, time = 0) {
    const others = visitor.less.filter((one) => one.item_id !== what);
    const entry = {
      ...{ item_id: what, title, year: null },
      ...{ time: after(visitor.less, what, time), gone: isLess(visitor, what) },
    };
    return { ...visitor, less: trimmed([...others, entry]) };
  }

  // The list without the oldest records of removals.
  function trimmed(list) {
    const isNote = (one) => one.gone || one.verdict === "";
    let extra = list.filter(isNote).length - MOST_REMOVED;
    return list.filter((one) => !isNote(one) || extra-- <= 0);
  }

  // Merges the marks of two windows; the latest mark of each item is used. `stored` determines the profile.
  function merged(stored, own) {
    if (stored.user_id !== own.user_id) return stored;
    const latest = (list, others) => {
      const found = new Map(list.map((one) => [one.item_id, one]));
      for (const one of others) {
        const rival = found.get(one.item_id);
        if (!rival || (one.time ?? 0) > (rival.time ?? 0)) found.set(one.item_id, one);
      }
      return trimmed([...found.values()].sort((a, b) => (a.time ?? 0) - (b.time ?? 0)));
    };
    const lists = ["marks", "watch", "less"].map((name) => [name, latest(stored[name], own[name])]);
    return { ...stored, ...Object.fromEntries(lists) };
  }

  // The visitor after an answer of the server, which is based on the sent marks: marks made since then are newer. Those
  // of a visitor without a profile belong to the profile that the answer has.
  function answered(answer, own) {
    const same = answer.user_id === own.user_id || (answer.user_id && !own.user_id);
    return same ? merged(answer, { ...own, user_id: answer.user_id }) : answer;
  }

  // The marks of a visitor that an answer of the server did not have: they were made while it was on its way.
  const madeSince = (visitor, answer) =>
    visitor.marks.filter(
      ({ item_id, time, verdict }) =>
        verdict && !answer.marks.some((mark) => mark.item_id === item_id && mark.time === time),
    );

  // The visitor after the profile has stored the mark with this time.
  function sent(visitor, id, time) {
    const note = (mark) => (mark.item_id === id && mark.time === time ? { ...mark, sent: true } : mark);
    return { ...visitor, marks: visitor.marks.map(note) };
  }

  // The [verdict, rating] that undo a change: the earlier ones, or the toggle of the watch-list.
  function brought(visitor, items, verdictOf, time = 0) {
    const known = new Set(visitor.marks.filter((mark) => mark.verdict).map((mark) => mark.item_id));
    const added = items
      .filter((item) => !known.has(item.item_id))
      .map(({ item_id, title, year, rating }) => {
        const verdict = rating === null ? "seen" : verdictOf(rating);
        return { item_id, title, year, verdict, rating, time, sent: false };
      });
    const ids = new Set(added.map((mark) => mark.item_id));
    return { ...visitor, marks: [...added, ...visitor.marks.filter((mark) => !ids.has(mark.item_id))] };
  }

  const undoing = (visitor, item, verdict) =>
    verdict === "watch" ? ["watch", null] : [verdictOn(visitor, item.item_id), ratingOn(visitor, item.item_id)];

  // The sentence that confirms a change.
  function announcement(visitor, item, verdict, words) {
    if (verdict === "watch") {
      return isWatched(visitor, item.item_id)
        ? `Added to your ${words.later.toLowerCase()}: ${item.title}.`
        : `Removed from your ${words.later.toLowerCase()}: ${item.title}.`;
    }
    const rating = ratingOn(visitor, item.item_id);
    if (rating !== null) return `Rated ★ ${rating}: ${item.title}.`;
    return verdict ? `Marked “${words[verdict]}”: ${item.title}.` : `Mark removed: ${item.title}.`;
  }

  // The visitor after starting over: no marks, but records of their removal for other windows. The watch-list stays.
  const cleared = (visitor, time = 0) => {
    const note = ({ item_id, title, year }) => ({ item_id, title, year, verdict: "", rating: null, time, sent: false });
    return { ...visitor, marks: trimmed(visitor.marks.map(note)) };
  };
  // The visitor after signing out: no marks, lists or profile; the profile on the server keeps them.
  const signedOut = (visitor) => ({ ...visitor, marks: [], watch: [], less: [], user_id: "", key: "" });

  return {
    ...{ EMPTY, complete, verdictOn, ratingOn, isWatched, watched, given, has, hasAny },
    ...{
      lessOf,
      isLess,
      lessened,
      changed,
      merged,
      answered,
      madeSince,
      sent,
      brought,
      undoing,
      announcement,
      cleared,
      signedOut,
    },
  };
})();
