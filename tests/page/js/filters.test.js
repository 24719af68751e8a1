import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./load.js";

const { filters } = load("address", "filters");
const with_ = (changes) => ({ ...filters.DEFAULTS, ...changes });

test("filters survive the way through the address", () => {
  const chosen = with_({ n: 48, genres_in: ["Sci-Fi", "Children's, Family"], year_from: 1990, popularity: -0.5 });
  const search = filters.write("?film=1", chosen);
  assert.deepEqual(filters.read(search), chosen);
  assert.equal(new URLSearchParams(search).get("film"), "1", "the view stays");
});

test("a box that is ticked survives as well", () => {
  assert.deepEqual(filters.read(filters.write("", with_({ hide_marked: true }))), with_({ hide_marked: true }));
  assert.equal(filters.read("?hide_marked=maybe").hide_marked, false);
});

test("defaults are not written, and leave the address when they return", () => {
  assert.equal(filters.write("?film=1", filters.DEFAULTS), "?film=1");
  assert.equal(filters.write("?film=1&n=48&genres_in=Drama", filters.DEFAULTS), "?film=1");
});

test("an address without filters is told from one with filters", () => {
  assert.equal(filters.read("?film=1"), null);
  assert.deepEqual(filters.read("?n=12"), with_({ n: 12 }));
});

test("values that make no sense are the default", () => {
  assert.deepEqual(filters.read("?n=many&year_from=&popularity=NaN&genres_in="), filters.DEFAULTS);
});

test("stored filters of another version are completed", () => {
  assert.deepEqual(filters.complete({ n: 48, gone: 1 }), with_({ n: 48 }));
  for (const stored of [null, undefined, "text", 7]) assert.deepEqual(filters.complete(stored), filters.DEFAULTS);
  filters.complete(null).genres_in.push("Drama");
  assert.deepEqual(filters.DEFAULTS.genres_in, [], "the defaults are not changed");
});

test("used filters are counted", () => {
  assert.equal(filters.used(filters.DEFAULTS), 0);
  assert.equal(filters.used(with_({ genres_in: ["Drama"], year_to: 2000 })), 2);
});

test("a genre goes from any to included to excluded and back", () => {
  let now = with_({ genres_in: ["War"], genres_out: ["Drama"] });
  const states = [];
  for (let click = 0; click < 4; click += 1) {
    states.push(filters.stateOf(now, "Comedy"));
    now = { ...now, ...filters.cycled(now, "Comedy") };
  }
  assert.deepEqual(states, ["", "in", "out", ""]);
  assert.equal(filters.stateOf(now, "War"), "in");
  assert.equal(filters.stateOf(now, "Drama"), "out");
});

test("the position of a slider is said in words", () => {
  assert.equal(filters.position(0, "Hidden gems", "Well known"), "neutral");
  assert.equal(filters.position(-0.3, "Hidden gems", "Well known"), "30% towards Hidden gems");
  assert.equal(filters.position(1, "Hidden gems", "Well known"), "100% towards Well known");
});
