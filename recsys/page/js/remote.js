// What the scripts ask the server for outside of Gradio's components. The static edition replaces this by its own
// answers (recsys/site/js/local.js).
recsys.remote = (() => {
  const IMPORT = "gradio_api/run/import_ratings";
  const FEED = "gradio_api/run/feed_address";
  const EXPORT = "gradio_api/run/export";

  // The titles of an exported file of ratings: {data: [{matched, unmatched, notes}]} or {error}.
  async function importRatings(text) {
    const body = JSON.stringify({ data: [text] });
    const answer = await fetch(IMPORT, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    return answer.json();
  }

  // A file of ratings and titles for another site: {data: [{filename, media_type, text}]} or {error}.
  async function exportFile({ ratings = {}, titles = [], format }) {
    const body = JSON.stringify({ data: [ratings, titles, format] });
    const answer = await fetch(EXPORT, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    return answer.json();
  }

  // The address of the feed of a profile: {data: [{address}]} or {error}.
  async function feedAddress({ user_id, key }) {
    const body = JSON.stringify({ data: [user_id, key] });
    const answer = await fetch(FEED, { method: "POST", headers: { "Content-Type": "application/json" }, body });
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
    exportFile,
    feedAddress,
    isThere,
    formats: ".csv,.json,.txt,.tsv,.dat",
    sites: "Letterboxd, IMDb, Trakt or MovieLens",
  };
})();
