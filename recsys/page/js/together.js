// The form of “Together”: two to eight people, each with a few titles, a number or profile, or an exported file.
recsys.components.together = ({ element, props, trigger, options }) => {
  const { h, icon, text, state } = recsys;
  const SOON_MS = 250;
  let people = [blank(), blank()];
  let fairness = options.dial;
  let veto = [];
  let waiting = null;

  function blank() {
    return { name: "", text: "", ratings: null, file: "", me: false };
  }

  // Asks for the list once every person has said something.
  function ask(delay = 0) {
    clearTimeout(waiting);
    const ready = people.filter((one) => one.me || one.ratings || one.text.trim());
    if (ready.length < 2) return;
    waiting = setTimeout(() => {
      props.value = { people: ready, fairness, veto };
      setTimeout(() => trigger("ask"), 0); // after the new value has reached the component
    }, delay);
  }

  function render() {
    const { words } = state;
    const item = words.item ?? "item";
    recsys.fill(
      element,
      h(
        "details.rs-group",
        { open: element.querySelector("details")?.open ?? false },
        h(
          "summary",
          {},
          h("h2", {}, `${words.group ?? "Together"}: ${words.items ?? "items"} for two to eight people`),
        ),
        h(
          "p.rs-meta",
          {},
          `The list has ${words.items} that none of you has ${words.done ?? "seen"} and that all of you will like.`,
        ),
        h("div.rs-people", {}, people.map(person)),
        h(
          "div.rs-links",
          {},
          people.length < options.most ? button("Add a person", () => add(blank())) : null,
          people.length < options.most && recsys.marks.hasAny(state.visitor) && !people.some((one) => one.me)
            ? button("Add me", () => addMe())
            : null,
        ),
        dial(),
        veto.length ? vetoed(item) : null,
        h("button.rs-do", { type: "button", onclick: () => ask() }, `Find ${words.items ?? "items"} for all`),
      ),
    );
  }
  const button = (title, onclick) => h("button.rs-link", { type: "button", onclick }, title);

  function add(one) {
    people = [...people, one];
    render();
    element.querySelectorAll(".rs-people fieldset input[type=text]")[people.length - 1]?.focus();
  }
  // The visitor takes the first empty place.
  function addMe() {
    const me = { ...blank(), name: "Me", me: true };
    const place = people.findIndex((one) => !one.me && !one.ratings && !one.text.trim());
    people = place < 0 ? [...people, me] : people.with(place, me);
    render();
    ask();
  }

  function person(one, place) {
    const title = one.name || `Person ${place + 1}`;
    const named = h("input", {
      type: "text",
      value: one.name,
      placeholder: title,
      "aria-label": `Name of person ${place + 1}`,
      maxlength: 30,
      onchange: ({ target }) => {
        one.name = target.value.trim();
        ask(SOON_MS);
      },
    });
    return h(
      "fieldset",
      {},
      h("legend", {}, `Person ${place + 1}`),
      named,
      one.me || one.ratings ? taken(one) : liked(one, place),
      people.length > 2 ? remove(place, title) : null,
    );
  }

  function liked(one, place) {
    const { words } = state;
    const hint = `${text.capital(words.items ?? "items")} they like, one on each line, or a ${options.person} number`;
    const area = h("textarea", {
      rows: 3,
      placeholder: hint,
      "aria-label": `What person ${place + 1} likes`,
      oninput: ({ target }) => {
        one.text = target.value;
      },
      onchange: () => ask(SOON_MS),
    });
    area.value = one.text;
    const input = h("input", {
      type: "file",
      accept: recsys.remote.formats,
      onchange: ({ target }) => bring(one, target),
    });
    return [
      area,
      h(
        "label.rs-meta",
        {},
        words.item === "film"
          ? "or an exported file of ratings "
          : `or a CSV file of ${words.items} they have ${words.done} `,
        input,
      ),
    ];
  }

  function taken(one) {
    const what = one.me ? "Your marks" : `${text.plural(Object.keys(one.ratings).length, "rating")} from ${one.file}`;
    const undo = () => {
      Object.assign(one, blank(), { name: one.me ? "" : one.name });
      render();
    };
    return h("p.rs-meta", {}, what, " ", button("Change", undo));
  }

  async function bring(one, target) {
    const [file] = target.files;
    if (!file) return;
    const exported = await recsys.fileText(file);
    const reply = await recsys.ask(() => recsys.remote.importRatings(exported));
    if (reply.error) return recsys.notify(reply.error);
    const rated = reply.data[0].matched.filter((item) => item.rating !== null);
    if (!rated.length) return recsys.notify(`${file.name} has no ratings of ${state.words.items} that are known here.`);
    one.ratings = Object.fromEntries(rated.map((item) => [`id:${item.item_id}`, item.rating]));
    one.file = file.name;
    for (const note of reply.data[0].notes) recsys.notify(note);
    render();
    ask();
  }

  function remove(place, title) {
    const onclick = () => {
      people = people.toSpliced(place, 1);
      render();
      ask();
    };
    return h("button.rs-wipe", { type: "button", "aria-label": `Remove ${title}`, onclick }, icon("close"));
  }

  function dial() {
    const said = (value) => (value < 0.5 ? "more for the average" : value > 0.5 ? "more for everybody" : "balanced");
    const input = h("input", {
      type: "range",
      min: 0,
      max: 1,
      step: 0.1,
      value: fairness,
      "aria-valuetext": said(fairness),
      oninput: () => input.setAttribute("aria-valuetext", said(Number(input.value))),
      onchange: () => {
        fairness = Number(input.value);
        ask();
      },
    });
    const ends = h(
      "span.rs-ends",
      { "aria-hidden": "true" },
      h("small", {}, "Best on average"),
      h("small", {}, "Fair to all"),
    );
    return h("label.rs-dial", {}, h("span", {}, "Choose what is"), input, ends);
  }

  function vetoed(item) {
    const chip = (one) => {
      const onclick = () => {
        veto = veto.filter((other) => other !== one.item_id);
        titles.delete(one.item_id);
        render();
        ask();
      };
      return h(
        "button.rs-chip",
        { type: "button", "data-kind": "out", "aria-label": `Allow ${one.title} again`, onclick },
        icon("close"),
        one.title,
      );
    };
    const chips = [...titles].map(([item_id, title]) => chip({ item_id, title }));
    return h("div.rs-chips", { role: "group", "aria-label": `Vetoed ${item}s` }, h("span.rs-meta", {}, "Veto"), chips);
  }

  const titles = new Map();
  // A veto on a card of the list leaves the item out.
  recsys.on("veto", (one) => {
    veto = [...veto, one.item_id];
    titles.set(one.item_id, text.label(one));
    render();
    ask();
  });
  // Redraw for the visitor's first mark, but not while somebody types.
  recsys.on("visitor", () => {
    if (!element.contains(document.activeElement)) render();
  });
  render();
};
