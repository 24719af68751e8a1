import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./load.js";

const { text } = load("text");

test("items, numbers and times are written for people", () => {
  assert.equal(text.label({ title: "Heat", year: 1995 }), "Heat (1995)");
  assert.equal(text.label({ title: "Heat", year: null }), "Heat");
  assert.equal(text.plural(1, "film"), "1 film");
  assert.equal(text.plural(2854, "film"), "2,854 films");
  assert.equal(text.capital("genres"), "Genres");
  assert.equal(text.joined([1995, "", null, "Drama"]), "1995 · Drama");
  assert.deepEqual([text.duration(12.4), text.duration(600)], ["12 s", "10 min"]);
});

test("languages have names, unknown codes stay", () => {
  assert.deepEqual(["en", "bn", "cn", "xx", "?!"].map(text.language), [
    "English",
    "Bangla",
    "Cantonese",
    "No language",
    "?!",
  ]);
});

test("ratings are said in the words of the catalogue", () => {
  assert.equal(text.rating(4.5, { valued: true, worth: {} }), "★ 4.5");
  assert.equal(text.rating(3, { valued: false, worth: { 3: "completed" } }), "completed");
  assert.equal(text.rating(1, { valued: false, worth: {}, done: "chosen" }), "chosen");
});

test("only web addresses become links", () => {
  assert.equal(text.webAddress("https://example.org/a"), "https://example.org/a");
  for (const bad of ["javascript:alert(1)", " https://x", "//x", "", null, undefined]) {
    assert.equal(text.webAddress(bad), null);
  }
});

test("before training it is said what is trained and how long that takes", () => {
  assert.equal(text.trainingTime([]), "");
  assert.equal(text.trainingTime([{ seconds: 0.04 }]), "Trains 1 model and no other: about 1 s, as long as before.");
  assert.equal(
    text.trainingTime([{ seconds: 50 }, { seconds: 70 }, { seconds: null }]),
    "Trains 3 models and no other: about 2 min, as long as before, and 1 model that has not been timed here.",
  );
});
