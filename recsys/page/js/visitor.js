// The visitor: marks, watch-list and profile are in the browser's storage and are sent with each request.
(() => {
  const { marks, state } = recsys;
  const KEY = "recsys.visitor";

  recsys.components.visitor = ({ props, trigger, server, watch }) => {
    // Another window may have changed the storage, so merge it before a change.
    const latest = () => {
      const stored = recsys.storage.read(KEY);
      return stored ? marks.merged(marks.complete(stored), state.visitor) : state.visitor;
    };

    function keep(visitor) {
      props.value = visitor;
      recsys.storage.write(KEY, visitor);
      recsys.setVisitor(visitor);
    }
    function change(visitor) {
      keep(visitor);
      setTimeout(() => trigger("marked"), 0); // after the new value has reached the component
    }

    // Marks an item; `from` is the list of the item, `rating` a rating in stars.
    recsys.mark = (item, verdict, from = {}, rating = null) => {
      const before = latest();
      const time = Date.now();
      const after = marks.changed(before, item, verdict, rating, time);
      change(after);
      const [back, earlier] = marks.undoing(before, item, verdict);
      recsys.notify(marks.announcement(after, item, verdict, state.words), () =>
        recsys.mark(item, back, from, earlier),
      );
      if (verdict === "watch") keepList("watch", item.item_id, after);
      else if (verdict || after.key) store(item, { verdict, rating, time }, from, after);
    };

    // Shows less of an item, a person or a theme, or no longer; see marks.lessOf.
    recsys.less = (what, title) => {
      const after = marks.lessened(latest(), what, title, Date.now());
      change(after);
      keepList("less", what, after);
      const more = marks.isLess(after, what)
        ? `You will see less like this: ${title}.`
        : `No longer less of: ${title}.`;
      recsys.notify(more, () => recsys.less(what, title));
      if (recsys.address.tabOf(recsys.view()) === "foryou") setTimeout(recsys.again, 0);
    };

    // Adds marks for the items of an export; returns how many are new.
    recsys.bring = (items) => {
      const before = latest();
      const stars = Object.entries(state.words.stars ?? {}).map(([value, verdict]) => [Number(value), verdict]);
      const nearest = (rating) => stars.toSorted(([a], [b]) => Math.abs(a - rating) - Math.abs(b - rating))[0];
      const after = marks.brought(before, items, (rating) => nearest(rating)?.[1] ?? "like", Date.now());
      change(after);
      return after.marks.length - before.marks.length;
    };

    async function store(item, { verdict, rating, time }, { model = "", source = "" }, { user_id, key, session }) {
      const given = { verdict, rating, item_id: item.item_id, model, source, user_id, key, session };
      const reply = await recsys.ask(() => server.verdict(given));
      if (reply.error) recsys.notify(`Not saved on the server: ${reply.error}`);
      else if (reply.sent) keep(marks.sent(latest(), item.item_id, time));
    }

    // Stores an entry of a list in the profile, if there is one.
    async function keepList(list, id, { user_id, key, session, ...lists }) {
      if (!key) return;
      const entry = lists[list].filter((one) => one.item_id === id);
      const reply = await recsys.ask(() => server.lists({ user_id, key, session, [list]: entry }));
      if (reply.error) recsys.notify(`Not saved on the server: ${reply.error}`);
    }

    // Removes marks and profile from this browser. Both can be undone while the message is shown; then the key of the
    // profile is nowhere in this browser any more.
    recsys.forget = () => {
      const before = latest();
      if (before.key) {
        change(marks.signedOut(before));
        recsys.notify("Signed out.", () => change(before));
        return;
      }
      change(marks.cleared(before, Date.now()));
      recsys.notify("All marks removed.", () => {
        const again = before.marks.map((mark) => ({ ...mark, time: Date.now() }));
        change({ ...latest(), marks: again });
      });
    };

    addEventListener("storage", (event) => {
      if (event.key !== KEY) return;
      const stored = recsys.storage.read(KEY);
      const now = latest();
      // Marks of this window that the other one did not have are written to the storage again.
      if (JSON.stringify(now) !== JSON.stringify(stored)) recsys.storage.write(KEY, now);
      props.value = now;
      recsys.setVisitor(now);
      setTimeout(() => trigger("marked"), 0);
    });
    watch("value", () => {
      // Gradio also reports the initial empty value of the component; values from the server have a session.
      const value = props.value;
      if (!value?.session || value === state.visitor) return;
      const before = state.visitor;
      const after = marks.answered(value, before);
      keep(after);
      // Marks made while a sign-in was answered were sent without the profile.
      if (after.key && !before.key) for (const mark of marks.madeSince(after, value)) store(mark, mark, {}, after);
    });
    props.value = state.visitor;
    recsys.setVisitor(state.visitor);
  };
})();
