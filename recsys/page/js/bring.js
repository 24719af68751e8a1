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
      message.textContent = await take(await file.text());
      target.value = "";
    };
    const { formats, sites } = recsys.remote;
    const input = h("input", { type: "file", accept: formats, onchange });
    return h(
      "details.rs-entrance",
      {},
      h("summary", {}, `Bring your ratings from ${sites}`),
      h("label", {}, h("span", {}, "The exported file of ratings"), input),
      message,
    );
  };

  // Takes over what an export holds; returns what to say.
  async function take(exported) {
    const reply = await recsys.ask(() => recsys.remote.importRatings(exported));
    if (reply.error) return reply.error;
    const [{ matched, unmatched }] = reply.data;
    const added = recsys.bring(matched);
    const missing = unmatched.slice(0, NAMED).map((one) => text.label(one));
    const more = unmatched.length > missing.length ? ` and ${unmatched.length - missing.length} more` : "";
    const found = `${text.plural(matched.length, "title")} found, ${added} new.`;
    return missing.length ? `${found} Not found: ${missing.join(", ")}${more}.` : found;
  }
})();
