// Items by number, the most popular first, from the columns of the site's files.
recsys.catalogue = ({ columns, facts = null, texts = null, numbers = recsys.numbersOf(columns.ids) }) => {
  const size = columns.ids.length;
  const genresOf = (number) => columns.genres[number].map((genre) => columns.genre_names[genre]);

  // The fields that all lists of items have.
  function card(number) {
    const item = {
      item_id: columns.ids[number],
      title: columns.titles[number],
      year: columns.years[number] || null,
      genres: genresOf(number),
      url: columns.urls[number],
    };
    return { ...item, poster: recsys.drawn.poster(item) };
  }

  // An item with all its fields.
  function full(number) {
    return {
      ...card(number),
      overview: texts?.[number] ?? "",
      director: facts?.director[number] ?? "",
      cast: facts?.cast[number] ?? [],
      keywords: facts?.keywords[number] ?? [],
      language: columns.language_names[columns.languages[number]] ?? "",
      n_ratings: columns.counts[number],
      mean_rating: columns.means[number],
    };
  }

  return { size, columns, facts, card, full, genresOf, numberOf: (id) => numbers.get(id) ?? -1 };
};

recsys.numbersOf = (ids) => new Map(ids.map((id, number) => [id, number]));
