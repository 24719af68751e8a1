// The panel of the visitor's marks and profile: create it, sign in, sign out, delete it.
recsys.components.marked = ({ element, props, trigger, watch, options }) => {
  const { h, icon, state } = recsys;
  let bring = null;

  function render() {
    const value = props.value || {};
    const { visitor, words } = state;
    const entrance = element.querySelector(".rs-entrance:has(form)");
    const wasTyped = entrance?.open ? Object.fromEntries(new FormData(entrance.querySelector("form"))) : null;
    recsys.fill(
      element,
      h(
        "div.rs-marked",
        {},
        recsys.told(element),
        actions(visitor),
        // the static edition reads exports of films only
        words.item === "film" || recsys.remote.exportFile ? form() : null,
        visitor.user_id || !options.profiles ? null : signIn(wasTyped, value.error),
        value.message ? h("p.rs-meta", { role: "status" }, value.message) : null,
        value.error && (visitor.user_id || !wasTyped) ? h("p.rs-error", { role: "alert" }, value.error) : null,
        value.joined ? joined(value.joined) : null,
      ),
    );
  }

  // The form stays the same when the panel is drawn again, so that its message stays too.
  function form() {
    bring ??= recsys.bringForm();
    return bring;
  }

  function actions(visitor) {
    const mine = visitor.user_id;
    if (!mine && !recsys.marks.hasAny(visitor)) return null;
    const link = (title, onclick) => h("button.rs-link", { type: "button", onclick }, title);
    const join = { type: "button", onclick: () => trigger("join") };
    const own = [
      link(`Your profile: ${mine}`, () => recsys.go({ tab: "foryou", user: null })),
      recsys.remote.feedAddress && visitor.key ? link("Copy feed address", () => copyFeed(visitor)) : null,
      link("Sign out", recsys.forget),
      link("Delete profile", confirm),
    ];
    const anonymous = [
      options.profiles && (recsys.marks.has(visitor, "like") || visitor.marks.some((mark) => mark.rating))
        ? h("button.rs-tool", join, "Save as a profile")
        : null,
      link("Start over", recsys.forget),
    ];
    return h("div.rs-links", {}, mine ? own : anonymous);
  }

  // The feed of new picks has a secret address: anyone who knows it can read the picks.
  async function copyFeed(visitor) {
    const reply = await recsys.ask(() => recsys.remote.feedAddress(visitor));
    if (reply.error) recsys.notify(reply.error);
    else recsys.copy(new URL(reply.data[0].address.slice(1), location.origin + location.pathname).href);
  }

  // Deleting asks for confirmation.
  function confirm({ currentTarget: button }) {
    if (button.dataset.sure) return trigger("leave");
    button.textContent = "Delete profile and all its data? This cannot be undone.";
    button.dataset.sure = "yes";
  }

  function signIn(typed, error) {
    const field = (name, title) => {
      const type = name === "key" ? "password" : "text";
      const value = typed?.[name] ?? "";
      return h(
        "label",
        {},
        h("span", {}, title),
        h("input", { name, type, value, autocomplete: "off", required: true }),
      );
    };
    const onsubmit = (event) => {
      event.preventDefault();
      trigger("enter", Object.fromEntries(new FormData(event.target)));
    };
    return h(
      "details.rs-entrance",
      { open: Boolean(typed) },
      h("summary", {}, "Already have a profile? Sign in"),
      h(
        "form",
        { onsubmit },
        field("user_id", "Profile name"),
        field("key", "Key"),
        h("button.rs-tool", { type: "submit" }, "Sign in"),
      ),
      typed && error ? h("p.rs-error", { role: "alert" }, error) : null,
    );
  }

  function joined(profile) {
    const line = (name, title) => {
      const copy = {
        type: "button",
        "aria-label": `Copy the ${title.toLowerCase()}`,
        onclick: () => recsys.copy(profile[name]),
      };
      return h(
        "p",
        {},
        h("span", {}, title),
        h("code", {}, profile[name]),
        h("button.rs-link", copy, icon("copy"), "Copy"),
      );
    };
    const advice = "Copy both now: the key is shown only once and lets you sign in on any device.";
    return h(
      "div.rs-joined",
      { role: "status" },
      h("p", {}, h("b", {}, "Profile saved. "), advice),
      line("user_id", "Profile name"),
      line("key", "Key"),
    );
  }

  recsys.on("visitor", render);
  watch("value", render);
  render();
};
