import assert from "node:assert/strict";
import test from "node:test";
import { load } from "../../page/js/load.js";

const { titles, titleSearch, exports, matching, dials, reasons, group, opinions, marks } = load(
  ...[
    "text",
    "marks",
    "titles",
    "title_search",
    "drawn",
    "catalogue",
    "scoring",
    "dials",
    "reasons",
    "opinions",
    "less",
  ],
  ...["group", "column_names", "columns", "quotes", "days", "exports", "matching"],
);
const { catalogue } = globalThis.recsys;

const COLUMNS = {
  ids: ["1", "2", "3", "4", "5"],
  titles: ["The Matrix", "Amélie", "Alien", "Aliens", "Star Wars: Episode IV - A New Hope"],
  years: [1999, 2001, 1979, 1986, 1977],
  genre_names: ["Action", "Comedy", "Horror"],
  genres: [[0], [1], [2], [0, 2], [0]],
  language_names: ["en", "fr"],
  languages: [0, 1, 0, 0, 0],
  urls: ["", "", "", "", ""],
  counts: [100, 50, 40, 30, 20],
  means: [4, 4, 4, 4, null],
  imdb: ["tt0133093", "", "tt0078748", "", ""],
  tmdb: ["", "194", "", "", ""],
  names: [
    ["the matrix"],
    ["amelie", "le fabuleux destin d amelie poulain"],
    ["alien"],
    ["aliens"],
    ["star wars episode iv a new hope"],
  ],
};
const FACTS = {
  director: ["Lana Wachowski, Lilly Wachowski", "Jean-Pierre Jeunet", "Ridley Scott", "James Cameron", "George Lucas"],
  cast: [["Keanu Reeves"], ["Audrey Tautou"], ["Sigourney Weaver"], ["Sigourney Weaver", "Bill Paxton"], []],
  keywords: [["dystopia"], [], ["alien", "based on novel"], ["alien", "sequel"], []],
};
const FILTERS = {
  ...{ genres_in: [], genres_out: [], languages: [] },
  year_from: null,
  year_to: null,
  popularity: 0,
  diversity: 0,
};
const films = catalogue({ columns: COLUMNS, facts: FACTS });
const folded = (number) => [...FACTS.cast[number], ...FACTS.director[number].split(", ")];
const found = titleSearch.index(
  COLUMNS,
  COLUMNS.ids.map((_, number) => folded(number)),
);
const search = (text, n = 5) => titleSearch.search(found, text, n).map((number) => COLUMNS.titles[number]);

test("titles are folded as the server folds them", () => {
  assert.equal(titles.fold("  Amélie & the Café! "), "amelie and the cafe");
  assert.equal(titles.fold("L'Avventura"), "l avventura");
  assert.equal(titles.fold("Schindler's List"), "schindlers list");
  assert.deepEqual(titles.splitYear("Death Note (2006–2007)"), ["Death Note", 2006]);
  assert.equal(titles.natural("Usual Suspects, The"), "The Usual Suspects");
  assert.equal(titles.natural("École de la chair, L'"), "L'École de la chair");
  assert.equal(titles.natural("Good, the Bad and the Ugly, The"), "The Good, the Bad and the Ugly");
});

test("a search finds prefixes, typos, years, other names and people", () => {
  assert.equal(search("matrx")[0], "The Matrix");
  assert.deepEqual(search("alien").slice(0, 2), ["Alien", "Aliens"]);
  assert.equal(search("alien 1986")[0], "Aliens");
  assert.equal(search("fabuleux destin")[0], "Amélie");
  assert.deepEqual(search("Sigourney Weaver"), ["Alien", "Aliens"]);
  assert.deepEqual(search("weaver"), ["Alien", "Aliens"]);
  assert.deepEqual(search("qqqqq"), []);
  assert.deepEqual(search(" "), []);
  assert.equal(titleSearch.distance("stroy", "story"), 1);
});

test("names with typos are left out beside the exact one", () => {
  const names = [["the matrix"], ["the matrix reloaded"], ["carry on matron"], ["patrix"], ["heat"]];
  const own = titleSearch.index({ ...COLUMNS, names });
  const numbers = (text) => titleSearch.search(own, text, 10);
  assert.deepEqual(numbers("the matrix"), [0, 1]);
  assert.deepEqual(numbers("Matrix Reloaded"), [1, 0]);
  assert.ok(numbers("matrx").includes(3));
});

test("exports of Letterboxd, IMDb and plain tables are read", () => {
  const letterboxd = exports.read(
    'Date,Name,Year,Letterboxd URI,Rating\n2024-01-02,Alien,1979,https://x,4.5\n2023-01-01,"A, B",,x,\n',
  );
  assert.deepEqual(
    letterboxd.map(({ title, year, rating }) => [title, year, rating]),
    [
      ["A, B", null, null],
      ["Alien", 1979, 0.9],
    ],
  );
  const imdb = exports.read(
    "Const,Your Rating,Date Rated,Title,Title Type,Year\ntt0133093,8,2020-01-01,X,Movie,1999\ntt1,9,2020-01-01,Y,TV Series,2000",
  );
  assert.deepEqual([imdb[1].ids.imdb, imdb[1].rating], ["tt0133093", 0.8]);
  assert.match(imdb[0].why, /not a film/);
  const plain = exports.read("sep=;\nTitle;Rating\nAlien (1979);7\nMatrix, The (1999);3,5\n");
  assert.deepEqual(
    plain.map(({ title, year, rating }) => [title, year, rating]),
    [
      ["Alien", 1979, 0.7],
      ["The Matrix", 1999, 0.35],
    ],
  );
  assert.deepEqual(
    exports.read("title,rating\nAlien,★★★½\nHeat,4/5").map(({ rating }) => rating),
    [0.7, 0.8],
  );
  assert.deepEqual(
    exports.read("title,rating\n'+1,4\n'Salem's Lot,5").map(({ title }) => title),
    ["+1", "'Salem's Lot"],
  );
  assert.deepEqual(
    exports.read("Alien (1979)\nThe Matrix").map(({ title, year }) => [title, year]),
    [
      ["Alien", 1979],
      ["The Matrix", null],
    ],
  );
  const [heat, cut] = exports.read("Name,Release Date,Rating,Your Rating\nHeat,1995-12-15,7.9,9\nAlien,1979-05-25,8");
  assert.deepEqual([heat.title, heat.rating, cut.title], ["Heat", 0.9, "Alien, 1979-05-25, 8"]);
  assert.match(cut.why, /may be cut off/);
  const pages = ["<!DOCTYPE html><html></html>", "<?xml version='1.0'?>"];
  for (const bad of ["{}", "PK\u0003\u0004", "\u0000", "", ...pages]) assert.ok(exports.read(bad).error, bad);
});

test("ratings that are not on the scale are said in one sentence", () => {
  const read = (cells) => exports.read(`title,rating\n${cells.map((cell, at) => `Film ${at},${cell}`).join("\n")}`);
  assert.deepEqual(exports.notes(read(["7", "0", "n/a", "★★"])), []);
  const one = read(["7", "8", "11"]);
  assert.deepEqual(
    one.map(({ rating }) => rating),
    [0.7, 0.8, null],
  );
  const lost = "not on the scale of this export, so";
  assert.deepEqual(exports.notes(one), [`The rating '11' for Film 2 is ${lost} the title counts as not rated.`]);
  const two = `2 ratings, such as '-3' for Film 1, are ${lost} their titles count as not rated.`;
  assert.deepEqual(exports.notes(read(["70", "-3", "90", "250"])), [two]);
});

test("titles of an export become items with ratings on the site's scale", () => {
  const entries = exports.read(
    "Title,Year,Rating,imdb_id\nX,,10,tt0133093\nAlien,1979,5,\nStar Wars,1977,8,\nAmelie,2002,9,\nNothing,1990,1,\n",
  );
  const { matched, unmatched } = matching.match(entries, films, [0.5, 5]);
  assert.deepEqual(
    matched.map(({ item_id, rating }) => [item_id, rating]),
    [
      ["1", 5],
      ["3", 2.5],
      ["5", 4],
      ["2", 4.5],
    ],
  );
  assert.deepEqual(unmatched, [{ title: "Nothing", year: 1990, why: "not on this site" }]);
  assert.equal(matching.key("The Godfather: Part II"), matching.key("Godfather, Part 2"));
});

test("marks become a history, oldest first, and items to leave out", () => {
  let visitor = marks.EMPTY;
  for (const [id, verdict, rating] of [
    ["3", "like", null],
    ["1", "seen", null],
    ["2", "dislike", 2],
    ["99", "like", null],
  ]) {
    visitor = marks.changed(visitor, { item_id: id, title: id }, verdict, rating);
  }
  const history = opinions.of(visitor, films.numberOf, { like: 5, dislike: 0.5, seen: null });
  assert.deepEqual(
    [history.numbers, history.ratings, [...history.known]],
    [
      [2, 1],
      [5, 2],
      [2, 0, 1],
    ],
  );
});

test("filters leave out items, dials change the order", () => {
  const passing = (filters) =>
    COLUMNS.ids.filter((_, number) => dials.passing(films, { ...FILTERS, ...filters })(number));
  assert.deepEqual(passing({ genres_in: ["Action"] }), ["1", "4", "5"]);
  assert.deepEqual(passing({ genres_out: ["Action"], year_to: 2000 }), ["3"]);
  assert.deepEqual(passing({ languages: ["fr"] }), ["2"]);
  assert.deepEqual(passing({ year_from: 1980 }), ["1", "2", "4"]);
  const order = (filters) =>
    dials.reranked([2, 3, 1, 4], [4, 3.9, 3.8, 1], 3, { ...FILTERS, ...filters }, dials.likeness(films));
  assert.deepEqual(order({}), [2, 3, 1]);
  assert.equal(order({ popularity: 1 })[0], 1);
  assert.equal(order({ popularity: -1 })[0], 4);
  assert.deepEqual(order({ diversity: 0.8 }), [2, 1, 4]);
});

test("reasons name what is shared, and not the same item again and again", () => {
  const words = { liked: "liked", others: "people", ratings: "ratings" };
  const start = { words, scale: [0.5, 5], rule: { mean: 3.5 } };
  assert.equal(reasons.similar(films, 2, 3, words), "Also with Sigourney Weaver; shared theme: alien");
  assert.equal(reasons.similar(films, 0, 4, words), "People who like The Matrix (1999) also like this: action");
  const weights = {
    ...{ steps: [1, 1, 1, 1, 1], starts: [0, 0, 0, 3, 3, 3], columns: [0, 3, 4], levels: [2, 3, 1] },
  };
  const history = { numbers: [2], ratings: [5], known: new Set([2]) };
  assert.deepEqual(
    reasons.personal(films, weights, history, [1], [0, 3], start),
    Array(2).fill("Because you liked Alien (1979)"),
  );
  assert.deepEqual(reasons.personal(films, weights, history, [1], [0, 3, 4, 1], start), [
    "Because you liked Alien (1979)",
    "You liked Alien (1979): also with Sigourney Weaver; shared theme: alien",
    "Because you liked Alien (1979)",
    "Popular with everyone",
  ]);
  const disliked = { ...history, ratings: [0.5] };
  assert.deepEqual(reasons.personal(films, weights, disliked, [1], [0, 1], start), [
    "Fits your ratings",
    "Popular with everyone",
  ]);
  const below = { numbers: [0, 2], ratings: [5, 4], known: new Set([0, 2]) };
  assert.deepEqual(reasons.personal(films, weights, below, [1, 1], [3], start), ["Fits your ratings"]);
});

test("a director who also acts is named once", () => {
  const both = { director: ["A"], cast: ["A", "B"], themes: [], genres: [] };
  assert.equal(reasons.phrase(both), "also by A; also with B");
});

test("less like a film, a person or a theme moves such items down", () => {
  const similar = () => [3];
  const order = (...rejections) => globalThis.recsys.lessLike.ordered([0, 3, 2, 1], rejections, films, similar);
  assert.deepEqual(order("person:Sigourney weaver"), [0, 1, 3, 2]);
  assert.deepEqual(order("theme:Comedy"), [0, 3, 2, 1]);
  assert.deepEqual(order("theme:dystopia"), [3, 2, 1, 0]);
  assert.deepEqual(order("id:3"), [0, 3, 1, 2], "the surest picks hardly move for an item");
  const many = [4, 5, 6, 7, 8, 9, 3, ...Array.from({ length: 20 }, (_, place) => 10 + place)];
  assert.equal(globalThis.recsys.lessLike.ordered(many, ["id:3"], films, similar).at(-1), 3);
});

test("a group gets items in turn for each of its people", () => {
  const scores = [
    [5, 4, 0, 0, 1],
    [0, 0, 5, 4, 1],
  ];
  const chosen = group.chosen(scores, [0, 1, 2, 3, 4], 4);
  assert.deepEqual(
    chosen.map(({ number, person }) => [number, person]),
    [
      [0, 0],
      [2, 1],
      [1, 0],
      [3, 1],
    ],
  );
  assert.deepEqual(group.chosen(scores, [], 3), []);
});
