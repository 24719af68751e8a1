// Small panels: chips to click, who a person is, and what the visitor has marked.
recsys.chips = (element, props, trigger, server, watch) => {
  "use strict";
  const { h, icon } = recsys;
  function render() {
    const { label = "", chips = [], surprise = null } = props.value || {};
    recsys.fill(element, h("div.rs-chips", { role: "group", "aria-label": label },
      label ? h("span.rs-meta", {}, label) : null,
      chips.map((one) => h("button.rs-chip", { type: "button", onclick: () => recsys.go(one.go) }, one.text)),
      surprise ? h("button.rs-chip.rs-surprise", { type: "button", onclick: () => recsys.go(surprise) }, icon("dice"), "Surprise me") : null));
  }
  watch("value", render);
  render();
};

recsys.profile = (element, props, trigger, server, watch) => {
  "use strict";
  const { h, poster, plural } = recsys;
  function bars(title, lines, name) {
    if (!lines.length) return null;
    const most = Math.max(...lines.map((line) => line.n));
    return h("section", {}, h("h3", {}, title), h("ul.rs-bars", { role: "list" }, lines.map((line) => h("li", {},
      h("span", {}, name(line)), h("span.rs-bar", { "aria-hidden": "true" }, h("i", { style: `width:${Math.max(2, Math.round((100 * line.n) / most))}%` })),
      h("small", {}, `${line.n}`, line.mean !== null && recsys.state.words.valued ? h("span", {}, ` · ★ ${line.mean.toFixed(1)}`) : null)))));
  }
  function render() {
    const value = props.value;
    if (!value || !value.user_id) { recsys.fill(element); return; }
    recsys.fill(element, h("aside.rs-profile", { "aria-label": `About ${recsys.state.words.person} ${value.user_id}` },
      h("h2", {}, `${recsys.capital(recsys.state.words.person)} ${value.user_id}`),
      h("p.rs-meta", {}, plural(value.n_ratings, recsys.state.words.rating), value.mean_rating !== null && recsys.state.words.valued ? `, ${value.mean_rating.toFixed(1)} on average` : "", value.profile ? ", a profile made here" : ""),
      bars("Taste", (value.taste || []).slice(0, 7), (line) => line.genre),
      bars("Decades", (value.decades || []).slice(0, 6).sort((a, b) => a.decade - b.decade), (line) => `${line.decade}s`),
      (value.history || []).length ? h("section", {}, h("h3", {}, value.history_title || "Latest ratings"), h("ul.rs-past", { role: "list" }, value.history.map((item) =>
        h("li", {}, h("button.rs-open", { type: "button", "data-id": item.item_id, onclick: () => { recsys.write({ details: item.item_id }); recsys.emit("details", item.item_id); } },
          poster(item), h("span.rs-title", {}, item.title), h("span.rs-stars", {}, recsys.stars(item.rating))))))) : null));
  }
  watch("value", render);
  render();
};

recsys.marked = (element, props, trigger, server, watch) => {
  "use strict";
  const { h, icon, label } = recsys;
  function render() {
    const value = props.value || {};
    const marks = recsys.state.visitor.marks;
    const group = (verdict, title) => {
      const some = marks.filter((one) => one.verdict === verdict);
      return some.length ? h("div.rs-chips", { role: "group", "aria-label": title }, h("span.rs-meta", {}, title), some.map((one) =>
        h("button.rs-chip", { type: "button", "data-kind": verdict === "like" ? "in" : "out", "aria-label": `${label(one)}: remove`, onclick: () => recsys.emit("mark", { ...one, verdict: "" }) }, icon("close"), label(one)))) : null;
    };
    const joined = value.joined, mine = recsys.state.visitor.user_id;
    const link = (text, onclick) => h("button.rs-link", { type: "button", onclick }, text);
    recsys.fill(element, h("div.rs-marked", {},
      group("like", recsys.state.words.like), group("dislike", recsys.state.words.dislike), group("seen", recsys.state.words.seen),
      marks.length || mine ? h("div.rs-links", {},
        mine ? link(`Your profile: ${mine}`, () => recsys.go({ tab: "foryou", user: mine })) : null,
        marks.length && !mine ? h("button.rs-tool", { type: "button", onclick: () => trigger("join") }, "Keep this as a profile") : null,
        marks.length || mine ? link(mine ? "Sign out" : "Start over", () => recsys.emit("forget")) : null,
        mine ? link("Delete my profile", confirmed) : null) : null,
      mine ? null : entrance(),
      value.said ? h("p.rs-meta", { role: "status" }, value.said) : null,
      value.error ? h("p.rs-error", { role: "alert" }, value.error) : null,
      joined ? h("div.rs-joined", { role: "status" },
        h("p", {}, h("b", {}, "Your profile is made. "), "Write both down: the key is shown this once, and with it you can rate from anywhere."),
        ["user_id", "key"].map((name) => h("p", {}, h("span", {}, name === "key" ? "Key" : "User ID"), h("code", {}, joined[name]),
          h("button.rs-link", { type: "button", "aria-label": `Copy the ${name === "key" ? "key" : "user ID"}`, onclick: (event) => recsys.copy(joined[name], event.currentTarget) }, icon("copy"), "Copy")))) : null));
  }
  // Deleting asks once more, in place.
  function confirmed(event) {
    const button = event.currentTarget;
    if (button.dataset.sure) trigger("leave");
    else button.textContent = "Delete it and all its data, for good?";
    button.dataset.sure = "yes";
  }
  function entrance() {
    const field = (name, text) => h("label", {}, h("span", {}, text), h("input", { name, type: name === "key" ? "password" : "text", autocomplete: "off", required: true }));
    return h("details.rs-entrance", {}, h("summary", {}, "I have a profile"),
      h("form", { onsubmit: (event) => { event.preventDefault(); trigger("enter", Object.fromEntries(new FormData(event.target))); } },
        field("user_id", "User ID"), field("key", "Key"), h("button.rs-tool", { type: "submit" }, "Sign in")));
  }
  recsys.on("visitor", render);
  watch("value", render);
  render();
};

recsys.footer = (element, props) => {
  "use strict";
  const { h } = recsys;
  const { text = "", notes = [], licence = "", tmdb = false } = props.value || {};
  recsys.fill(element, h("footer.rs-foot", {}, h("p", {}, text), notes.map((note) => h("p", {}, note)),
    licence ? h("p", {}, licence) : null,
    tmdb ? h("p", {}, "This product uses the TMDB API but is not endorsed or certified by TMDB.") : null));
};
