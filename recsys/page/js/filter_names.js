// A filter that is a list of names: a field to add one, and a chip for each that removes it.
(() => {
  const { h, icon } = recsys;

  // `find` asks the server for the full name of what was typed, so that every name in the address exists.
  recsys.filterNames = ({ name, title, hint, now, set, find }) => {
    const said = h("p.rs-error", { role: "alert" });
    const field = h("input", {
      type: "text",
      placeholder: hint,
      autocomplete: "off",
      "data-name": name,
      "aria-label": title,
    });
    const form = h("form.rs-add", { onsubmit: add }, field, h("button.rs-tool", { type: "submit" }, "Add"));
    const chips = now[name].length
      ? h("div.rs-chips", { role: "group", "aria-label": title }, now[name].map(chip))
      : null;
    return h("fieldset.rs-names", {}, h("legend", {}, title), form, chips, said);

    async function add(event) {
      event.preventDefault();
      const typed = field.value.trim();
      if (!typed) return;
      const reply = await recsys.ask(() => find({ filter: name, text: typed }));
      if (reply.error) said.textContent = reply.error;
      else if (now[name].includes(reply.name)) field.value = "";
      else set({ [name]: [...now[name], reply.name] });
    }

    function chip(one) {
      const onclick = () => {
        field.focus(); // the focus stays in the fieldset when the panel is drawn again
        set({ [name]: now[name].filter((other) => other !== one) });
      };
      const remove = { type: "button", "aria-label": `Remove ${one}`, onclick };
      return h("span.rs-chip.rs-told", {}, h("span", {}, one), h("button.rs-wipe", remove, icon("close")));
    }
  };
})();
