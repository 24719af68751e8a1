// The people of the tab Together: each with a search box and the items that they like, all in the URL.
(() => {
  const { h, icon, text } = recsys;
  const ME = "me"; // a person of the URL whose items are the visitor's own marks
  const [BETWEEN_PEOPLE, BETWEEN_ITEMS] = ["~", "."];
  const [FEWEST, MOST] = [2, 8];

  // The people of a URL: ME, or ids of liked items.
  function read(given, hasMarks) {
    if (!given) return hasMarks ? [ME, []] : [[], []];
    const people = given
      .split(BETWEEN_PEOPLE)
      .slice(0, MOST)
      .map((one) => (one === ME ? ME : one.split(BETWEEN_ITEMS).filter(Boolean)));
    while (people.length < FEWEST) people.push([]);
    return people;
  }
  const write = (people) => people.map((one) => (one === ME ? ME : one.join(BETWEEN_ITEMS))).join(BETWEEN_PEOPLE);
  recsys.people = { ME, read, write };

  recsys.components.people = ({ element, props, server, watch }) => {
    const current = () => read(recsys.view().people, recsys.marks.hasAny(recsys.state.visitor));
    const set = (people) => recsys.go({ tab: "together", people: write(people) });
    const changed = (place, change) => set(current().map((one, at) => (at === place ? change(one) : one)));

    function render() {
      const { members = [] } = props.value || {};
      // A search box keeps its focus while its person stays.
      const focused = element.contains(document.activeElement) ? document.activeElement.closest("section") : null;
      const place = focused ? [...element.querySelectorAll("section")].indexOf(focused) : -1;
      recsys.fill(
        element,
        h("div.rs-circle", {}, members.map(person)),
        members.length && members.length < MOST ? adder(members.length) : null,
      );
      if (place >= 0) element.querySelectorAll("section")[place]?.querySelector("input, button")?.focus();
    }

    function person(member, place) {
      const name = member.isVisitor ? "You" : `Person ${place + 1}`;
      const parts = member.isVisitor
        ? [h("p.rs-meta", {}, `${text.plural(member.history.numbers.length, "rating")} on this device`)]
        : [box(name, place), chips(name, member.items, place)];
      return h("section", { "aria-label": name }, head(name, place), parts);
    }

    function head(name, place) {
      const onclick = () => set(current().filter((_, at) => at !== place));
      const isNeeded = current().length <= FEWEST;
      const remove = { type: "button", "aria-label": `Remove ${name}`, onclick };
      return h("div.rs-person", {}, h("h2", {}, name), isNeeded ? null : h("button.rs-link", remove, "Remove"));
    }

    function box(name, place) {
      const holder = h("div");
      const { item } = recsys.state.words;
      const choose = (chosen) =>
        changed(place, (ids) => [...ids.filter((id) => id !== chosen.item_id), chosen.item_id]);
      const options = { label: `A ${item} that ${name.toLowerCase()} likes`, hint: "Any title", choose };
      recsys.components.picker({ element: holder, props: {}, server, watch: () => {}, options });
      return holder;
    }

    function chips(name, items, place) {
      const chip = (item) => {
        const onclick = () => changed(place, (ids) => ids.filter((id) => id !== item.item_id));
        const label = text.label(item);
        const button = { type: "button", "data-kind": "in", "aria-label": `Remove ${label}`, onclick };
        return h("button.rs-chip", button, icon("close"), label);
      };
      return h("div.rs-chips", { role: "group", "aria-label": `${name} likes` }, items.map(chip));
    }

    function adder(count) {
      const onclick = () => set([...current(), []]);
      return h("button.rs-tool", { type: "button", onclick }, `Add person ${count + 1}`);
    }

    watch("value", render);
    render();
  };
})();
