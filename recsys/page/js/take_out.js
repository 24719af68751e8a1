// Files of the visitor's ratings or of a list, for other sites and programs.
(() => {
  const { h } = recsys;
  const NAMES = {
    letterboxd: "Letterboxd",
    imdb: "IMDb",
    trakt: "Trakt",
    radarr: "Radarr",
    jellyfin: "Jellyfin",
    json: "JSON",
  };

  // Links that save files. `what` gives {ratings} or {titles} when one is clicked. The static edition has none.
  recsys.takeOut = (label, formats, what) => {
    if (!recsys.remote.exportFile) return null;
    const said = h("span.rs-error", { role: "alert" });
    const save = async (format) => {
      const reply = await recsys.ask(() => recsys.remote.exportFile({ ...what(), format }));
      said.textContent = reply.error ?? "";
      if (reply.error) return;
      const [file] = reply.data;
      recsys.save(file.filename, file.text, file.media_type);
    };
    const link = (format) =>
      h("button.rs-link", { type: "button", onclick: () => save(format), "data-format": format }, NAMES[format]);
    return h("p.rs-links", {}, h("span.rs-meta", {}, label), formats.map(link), said);
  };

  // The visitor's opinions as ratings by item: stars, or the verdict.
  recsys.ownRatings = (visitor) =>
    Object.fromEntries(
      visitor.marks.filter((mark) => mark.verdict).map((mark) => [`id:${mark.item_id}`, mark.rating ?? mark.verdict]),
    );
})();
