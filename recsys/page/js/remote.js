// What the scripts ask the server for outside of Gradio's components. The static edition replaces this by its own
// answers (recsys/site/js/local.js).
recsys.remote = (() => {
  const IMPORT = "gradio_api/run/import_ratings";

  // The titles of an exported file of ratings: {data: [{matched, unmatched}]} or {error}.
  async function importRatings(text) {
    const body = JSON.stringify({ data: [text] });
    const answer = await fetch(IMPORT, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    return answer.json();
  }

  // Whether the server can be reached.
  const isThere = () =>
    fetch("health", { cache: "no-store" }).then(
      ({ ok }) => ok,
      () => false,
    );

  return {
    importRatings,
    isThere,
    formats: ".csv,.json,.txt,.tsv,.dat",
    sites: "Letterboxd, IMDb, Trakt or MovieLens",
  };
})();
