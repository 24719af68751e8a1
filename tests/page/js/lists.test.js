import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./load.js";

const { csv, snippets, sorting } = load("csv", "snippets", "sorting");

test("cells of a CSV file are quoted where they must be", () => {
  assert.equal(csv.cell("plain"), "plain");
  assert.equal(csv.cell('He said "hi", twice'), '"He said ""hi"", twice"');
  assert.equal(csv.cell("two\nlines"), '"two\nlines"');
  assert.equal(csv.cell(["Drama", "War"]), "Drama|War");
  for (const empty of [null, undefined, ""]) assert.equal(csv.cell(empty), "");
});

test("no text runs as a formula", () => {
  for (const start of ["=", "+", "-", "@", "\t", "\r"]) assert.match(csv.cell(`${start}1+1`), /^"?'/);
  assert.match(csv.cell(["=1", "x"]), /^'=/, "nor does a list");
  assert.equal(csv.cell(-1.5), "-1.5", "a number is a number");
});

test("a list is a table with a line for each item", () => {
  const lines = csv
    .list([{ rank: 1, item_id: "6", title: "Heat, again", genres: ["Crime"], year: 1995 }])
    .split("\r\n");
  assert.deepEqual(lines, [
    "rank,item_id,title,year,genres,match,score,reason,url",
    '1,6,"Heat, again",1995,Crime,,,,',
  ]);
});

test("a watch-list has the columns that Letterboxd imports", () => {
  const items = [
    { title: "Heat", year: 1995, url: "https://www.themoviedb.org/movie/949" },
    { title: "Alien", year: 1979, url: "https://www.imdb.com/title/tt0078748/" },
    { title: "A talk", year: null },
  ];
  const expected = ["Title,Year,tmdbID,imdbID", "Heat,1995,949,", "Alien,1979,,tt0078748", "A talk,,,"];
  assert.deepEqual(csv.watchList(items).split("\r\n"), expected);
});

test("values are written as Python literals", () => {
  const value = { text: "it's true", yes: true, no: false, none: null, list: [1, "true", []] };
  const literal = '{"text": "it\'s true", "yes": True, "no": False, "none": None, "list": [1, "true", []]}';
  assert.equal(snippets.python(value), literal);
});

test("snippets name the endpoint and its arguments in order", () => {
  const call = { name: "similar", args: { title: "L'Avventura (1960)", n: 12, model: "" } };
  const found = snippets.snippets(call, "http://localhost:7860");
  assert.deepEqual(Object.keys(found), ["Python", "JavaScript", "curl"]);
  assert.match(found.Python, /predict\(title="L'Avventura \(1960\)", n=12, model="", api_name="\/similar"\)/);
  assert.match(found.JavaScript, /run\/similar", \{/);
  assert.match(found.curl, /L'\\''Avventura/, "a quote may not end the shell's string");
  const data = /-d '(.*)'$/s.exec(found.curl)[1].replaceAll("'\\''", "'");
  assert.deepEqual(JSON.parse(data), { data: ["L'Avventura (1960)", 12, ""] });
});

const ITEMS = [
  { title: "The Matrix", year: 1999 },
  { title: "Alien", year: 1979 },
  { title: "A Bug's Life", year: null },
  { title: "Heat", year: 1999 },
];
const sorted = (key) => sorting.sorted(ITEMS, key).map((item) => item.title);

test("lists are sorted, items without a value come last, equal ones keep their order", () => {
  assert.deepEqual(sorted("best"), ["The Matrix", "Alien", "A Bug's Life", "Heat"]);
  assert.deepEqual(sorted("newest"), ["The Matrix", "Heat", "Alien", "A Bug's Life"]);
  assert.deepEqual(sorted("oldest"), ["Alien", "The Matrix", "Heat", "A Bug's Life"]);
  assert.deepEqual(sorted("title"), ["Alien", "A Bug's Life", "Heat", "The Matrix"], "articles do not count");
  assert.deepEqual(sorted("nonsense"), sorted("best"));
  assert.equal(ITEMS[0].title, "The Matrix", "the list itself is not changed");
});

test("only orders that change something are offered", () => {
  const keys = (items) => sorting.choices(items).map(([key]) => key);
  assert.deepEqual(keys(ITEMS), ["best", "newest", "oldest", "title"]);
  assert.deepEqual(keys([{ title: "a" }, { title: "b" }]), ["best", "title"]);
});
