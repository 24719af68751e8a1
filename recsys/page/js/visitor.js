// The visitor: marks, watch-list and profile live in the browser's storage; the server sees them with each question.
(() => {
  const { marks, state } = recsys;
  const KEY = "recsys.visitor";

  recsys.components.visitor = ({ props, trigger, server, watch }) => {
    // Another window may have written since: a change starts from what is stored, not from what this window knows.
    const latest = () => marks.complete(recsys.storage.read(KEY) ?? state.visitor);

    function change(visitor) {
      props.value = visitor;
      recsys.storage.write(KEY, visitor);
      recsys.setVisitor(visitor);
      setTimeout(() => trigger("marked"), 0); // after the new value has reached the component
    }

    // Marks an item; `from` says in which list it stands.
    recsys.mark = (item, verdict, from = {}) => {
      const before = latest();
      const after = marks.changed(before, item, verdict);
      change(after);
      const back = marks.undoing(before, item, verdict);
      recsys.notify(marks.said(after, item, verdict, state.words), () => recsys.mark(item, back, from));
      if (verdict !== "watch" && (verdict || after.key)) store(item, verdict, from, after);
    };

    async function store(item, verdict, { model = "", source = "" }, { user_id, key, session }) {
      const given = { verdict, item_id: item.item_id, model, source, user_id, key, session };
      const reply = await recsys.ask(() => server.verdict(given));
      if (reply.error) recsys.notify(`Not saved on the server: ${reply.error}`);
    }

    // Forgets marks and profile in this browser. Starting over can be undone; signing out cannot, it hides the key.
    recsys.forget = () => {
      const before = latest();
      change(marks.cleared(before));
      if (before.key) recsys.notify("Signed out.");
      else recsys.notify("All marks removed.", () => change(before));
    };

    addEventListener("storage", (event) => {
      if (event.key !== KEY) return;
      props.value = latest();
      recsys.setVisitor(props.value);
      setTimeout(() => trigger("marked"), 0);
    });
    watch("value", () => {
      // Gradio also reports the empty value that the component is built with; the server's values have a session.
      if (!props.value?.session) return;
      recsys.storage.write(KEY, props.value);
      recsys.setVisitor(props.value);
    });
    props.value = state.visitor;
    recsys.setVisitor(state.visitor);
  };
})();
