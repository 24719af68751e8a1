// What the other edition asks its server for outside of components, answered on this device; see page/js/remote.js.
recsys.local = (start, answers) => {
  // Ratings of an exported file, matched to the items of the site.
  async function importRatings(text) {
    const entries = recsys.exports.read(text);
    if (entries.error) return { error: entries.error };
    const found = await answers.catalogue();
    const { matched, unmatched } = recsys.matching.match(entries, found, start.scale);
    return { data: [{ matched, unmatched, notes: recsys.exports.notes(entries) }] };
  }

  // Nothing is asked of a server, so it is always there.
  const isThere = async () => true;

  return { importRatings, isThere, formats: ".csv,.tsv,.txt", sites: "Letterboxd, IMDb or a CSV file" };
};
