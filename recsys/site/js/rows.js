// Rows below the visitor's picks, each with a different reason and different items, as recsys/page/components/rows.py.
recsys.rows = async (start, answers, history, picks, filters) => {
  const { words } = start;
  const BECAUSE = 2; // rows that are based on a liked item
  const [LONG, SHORT] = [12, 4]; // largest and smallest number of items in a row
  const HIDDEN = -0.7; // popularity of the row of hidden gems
  const RARE = 0.05; // largest share of a history for a genre to count as new
  const NEW_GENRES = 4;
  const TRIED = 10; // favourites that are tried as the base of a row
  const taken = new Set(picks.map((item) => item.item_id));
  const catalogue = await answers.catalogue();
  const rows = [];

  function add(heading, note, items) {
    const left = items.filter((item) => !taken.has(item.item_id)).slice(0, LONG);
    if (left.length < SHORT) return false;
    for (const item of left) taken.add(item.item_id);
    rows.push({ heading, note, source: "row", items: left });
    return true;
  }

  const least = recsys.reasons.leastLiked(history.ratings, start);
  const favourites = history.numbers
    .map((number, place) => ({ number, rating: history.ratings[place], place }))
    .filter(({ rating }) => rating >= least)
    .sort((a, b) => b.rating - a.rating || b.place - a.place)
    .slice(0, TRIED);
  const used = new Set();
  for (const { number } of favourites) {
    const kind = catalogue.genresOf(number)[0] ?? "";
    if (used.has(kind)) continue;
    const found = await answers.similar(number, 4 * LONG, filters);
    const unknown = found.filter((item) => !history.known.has(catalogue.numberOf(item.item_id)));
    if (add(`Because you ${words.liked} ${catalogue.columns.titles[number]}`, "", unknown)) used.add(kind);
    if (used.size === BECAUSE) break;
  }

  const isNew = (number) => !taken.has(catalogue.columns.ids[number]);
  if (!filters.popularity) {
    const gems = await answers.picks(history, LONG, { ...filters, popularity: HIDDEN }, isNew);
    add("Hidden gems", `Less known ${words.items} that fit your taste.`, gems);
  }
  if (!filters.genres_in.length) {
    const count = (genre) => history.numbers.filter((number) => catalogue.genresOf(number).includes(genre)).length;
    const rare = start.choices.genres
      .filter((genre) => start.row_genres.includes(genre) && !filters.genres_out.includes(genre))
      .map((genre) => [genre, count(genre) / history.numbers.length])
      .filter(([, share]) => share <= RARE)
      .sort((a, b) => a[1] - b[1])
      .slice(0, NEW_GENRES)
      .map(([genre]) => genre);
    const note = `From ${words.genres.toLowerCase()} that are rare in what you have ${words.done}: ${rare.join(", ")}.`;
    if (rare.length)
      add("New to you", note, await answers.picks(history, LONG, { ...filters, genres_in: rare }, isNew));
  }
  return rows;
};
