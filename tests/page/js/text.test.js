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
  assert.deepEqual(["en", "bn", "cn", "iu", "xx", "?!"].map(text.language), [
    "English",
    "Bangla",
    "Cantonese",
    "Inuktitut",
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

test("a running time is written in hours and minutes", () => {
  assert.equal(text.minutes(106), "1 h 46 min");
  assert.equal(text.minutes(120), "2 h");
  assert.equal(text.minutes(7), "7 min");
  for (const none of [null, undefined, 0, "106"]) assert.equal(text.minutes(none), "");
});

test("offers are those of the visitor's country, else of another one", () => {
  const providers = { DE: { buy: ["Apple TV"] }, US: { stream: ["Netflix", "Tubi"], rent: ["Apple TV"] } };
  assert.deepEqual(text.offers(providers, "de-DE"), { country: "Germany", services: "to buy: Apple TV" });
  assert.deepEqual(text.offers(providers, "de"), { country: "Germany", services: "to buy: Apple TV" });
  const american = { country: "United States", services: "Netflix, Tubi; to rent: Apple TV" };
  assert.deepEqual(text.offers(providers, "en-US"), american);
  assert.deepEqual(text.offers(providers, "fr-FR"), american);
  assert.equal(text.offers({ JP: { rent: ["U-NEXT"] } }, "fr").country, "Japan");
  for (const none of [{}, null, undefined]) assert.equal(text.offers(none, "en"), null);
});
