// Ratings from another site: an exported file becomes marks, which like all marks stay in this browser.
(() => {
  const { h, text } = recsys;
  const NAMED = 5; // titles without a match that are named

  // The form that takes an export.
  recsys.bringForm = () => {
    const message = h("p.rs-meta", { role: "status" });
    const onchange = async ({ target }) => {
      const [file] = target.files;
      if (!file) return;
      message.textContent = "Reading …";
      message.textContent = await take(await recsys.fileText(file));
      target.value = "";
    };
    const { formats, sites } = recsys.remote;
    const { words } = recsys.state;
    // other sites know films only
    const [title, label] =
      words.item === "film"
        ? [`Bring your ratings from ${sites}`, "The exported file of ratings"]
        : [`Bring the ${words.items} you have ${words.done}`, "A CSV file with a title or an id in each row"];
    const input = h("input", { type: "file", accept: formats, onchange });
    return h("details.rs-entrance", {}, h("summary", {}, title), h("label", {}, h("span", {}, label), input), message);
  };

  // Takes over what an export holds; returns what to say.
  async function take(exported) {
    const reply = await recsys.ask(() => recsys.remote.importRatings(exported));
    if (reply.error) return reply.error;
    const [{ matched, unmatched, notes }] = reply.data;
    const added = recsys.bring(matched);
    const missing = unmatched.slice(0, NAMED).map((one) => text.label(one));
    const more = unmatched.length > missing.length ? ` and ${unmatched.length - missing.length} more` : "";
    const found = `${text.plural(matched.length, "title")} found, ${added} new.`;
    const lost = missing.length ? [`Not found: ${missing.join(", ")}${more}.`] : [];
    return [found, ...lost, ...notes].join(" ");
  }
})();
