// “Less like this”: moves picks that resemble a rejected item, person or theme down, as recsys/serving/less.py does.
recsys.lessLike = (() => {
  const [STRENGTH, SURE, SLOPE] = [9, 3.8, 6];
  const [PERSON, THEME, ITEM] = ["person:", "theme:", "id:"];

  // A test of item numbers for one rejection; `similar` gives the items most similar to one.
  function isClose(what, { facts, genresOf, numberOf }, similar) {
    const { fold } = recsys.titles;
    if (what.startsWith(ITEM)) {
      const close = new Set(similar(numberOf(what.slice(ITEM.length))));
      return (number) => close.has(number);
    }
    const wanted = fold(what.slice(what.indexOf(":") + 1));
    const holds = (names) => names.some((name) => fold(name) === wanted);
    if (what.startsWith(PERSON)) {
      return (number) => holds([...facts.cast[number], ...facts.director[number].split(", ")]);
    }
    return what.startsWith(THEME) ? (number) => holds([...facts.keywords[number], ...genresOf(number)]) : () => false;
  }

  // Ranked numbers in the order after the rejections; rejected items come last.
  function ordered(numbers, rejections, catalogue, similar) {
    const tests = rejections.map((what) => [what.startsWith(ITEM), isClose(what, catalogue, similar)]);
    const rejected = new Set(rejections.map((what) => what.startsWith(ITEM) && catalogue.numberOf(what.slice(3))));
    const place = (number, rank) => {
      if (rejected.has(number)) return Number.MAX_VALUE;
      const byItem = ((1 + rank) / SURE) ** SLOPE; // an item does not say why, so the surest picks hardly move
      const factors = tests.map(([ofItem, test]) => (test(number) ? 1 + (ofItem ? byItem : STRENGTH) : 1));
      return (1 + rank) * Math.max(1, ...factors);
    };
    const places = new Map(numbers.map((number, rank) => [number, place(number, rank)]));
    return [...numbers].sort((a, b) => places.get(a) - places.get(b));
  }

  return { ordered };
})();
