// What a visitor's marks say to the model: a history of ratings, oldest first, the items that lists leave out, and
// what they show less of.
recsys.opinions = (() => {
  // `verdicts` has the rating of each verdict, null if it is none; unknown items are ignored.
  function of(visitor, numberOf, verdicts) {
    const known = new Set();
    const ratings = new Map();
    for (const mark of visitor.marks) {
      const number = numberOf(mark.item_id);
      if (number < 0 || !mark.verdict) continue;
      known.add(number);
      const rating = mark.rating ?? verdicts[mark.verdict] ?? null;
      ratings.delete(number);
      if (rating !== null) ratings.set(number, rating);
    }
    return { ...history(ratings, known), less: recsys.marks.lessOf(visitor).map(({ item_id }) => item_id) };
  }

  // A history of liked items.
  const liking = (numbers, verdicts) =>
    history(new Map(numbers.map((number) => [number, verdicts.like])), new Set(numbers));

  const history = (ratings, known) => ({ numbers: [...ratings.keys()], ratings: [...ratings.values()], known });

  return { of, liking };
})();
