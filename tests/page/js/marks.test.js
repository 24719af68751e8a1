import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./load.js";

const { marks } = load("marks");
const HEAT = { item_id: "6", title: "Heat", year: 1995, url: "https://example.org/6", reason: "not stored" };
const WORDS = { later: "Watch-list", like: "Like", dislike: "Not for me", seen: "Seen it" };

test("a verdict replaces the earlier one and is the latest", () => {
  const first = marks.changed(marks.EMPTY, HEAT, "like");
  const both = marks.changed(first, { item_id: "7", title: "Alien" }, "seen");
  const again = marks.changed(both, HEAT, "dislike");
  assert.deepEqual(
    again.marks.map((mark) => [mark.item_id, mark.verdict]),
    [
      ["7", "seen"],
      ["6", "dislike"],
    ],
  );
  assert.equal(marks.verdictOn(again, "6"), "dislike");
  const mark = { item_id: "6", title: "Heat", year: 1995, verdict: "dislike", rating: null, time: 0, sent: false };
  assert.deepEqual(again.marks[1], mark);
  assert.equal(marks.verdictOn(first, "6"), "like", "nothing is changed in place");
  assert.deepEqual(marks.EMPTY.marks, []);
});

test("no verdict removes the mark", () => {
  const liked = marks.changed(marks.EMPTY, HEAT, "like");
  assert.ok(marks.has(liked, "like"));
  const removed = marks.changed(liked, HEAT, "");
  assert.equal(marks.verdictOn(removed, "6"), "");
  assert.ok(!marks.has(removed, "like") && !marks.hasAny(removed));
  assert.equal(marks.verdictOn(marks.EMPTY, "6"), "");
});

test("the watch-list is a toggle and keeps the verdicts", () => {
  const liked = marks.changed(marks.EMPTY, HEAT, "like");
  const on = marks.changed(liked, HEAT, "watch");
  assert.ok(marks.isWatched(on, "6"));
  assert.equal(on.watch[0].url, HEAT.url);
  assert.equal(marks.verdictOn(on, "6"), "like");
  const off = marks.changed(on, HEAT, "watch");
  assert.ok(!marks.isWatched(off, "6"));
  assert.deepEqual(marks.watched(off), []);
});

// What a visitor has said, without notes of removals and times.
const said = (visitor) => [
  visitor.marks.filter((one) => one.verdict).map(({ item_id, verdict, rating }) => [item_id, verdict, rating]),
  marks.watched(visitor).map((item) => item.item_id),
];

test("undoing restores what was there before", () => {
  const befores = [
    marks.EMPTY,
    marks.changed(marks.EMPTY, HEAT, "seen"),
    marks.changed(marks.EMPTY, HEAT, "like", 4.5),
  ];
  for (const before of befores) {
    for (const verdict of ["like", "dislike", "seen", "watch", ""]) {
      const after = marks.changed(before, HEAT, verdict);
      const undone = marks.changed(after, HEAT, ...marks.undoing(before, HEAT, verdict));
      assert.deepEqual(said(undone), said(before), `${verdict} after ${before.marks[0]?.verdict}`);
    }
  }
});

test("a rating belongs to its verdict and goes with it", () => {
  const rated = marks.changed(marks.EMPTY, HEAT, "like", 4.5);
  assert.equal(marks.ratingOn(rated, "6"), 4.5);
  assert.equal(marks.ratingOn(marks.changed(rated, HEAT, "like"), "6"), null, "a button says no stars");
  assert.equal(marks.ratingOn(marks.changed(rated, HEAT, ""), "6"), null);
  assert.equal(marks.announcement(rated, HEAT, "like", WORDS), "Rated ★ 4.5: Heat.");
});

test("two windows are merged by the latest word on each item", () => {
  const ALIEN = { item_id: "7", title: "Alien", year: 1979 };
  const start = marks.changed(marks.EMPTY, HEAT, "like", null, 1);
  const one = marks.changed(start, ALIEN, "like", null, 2);
  const two = marks.changed(marks.changed(start, HEAT, "", null, 3), ALIEN, "watch", null, 4);
  for (const merged of [marks.merged(one, two), marks.merged(two, one)]) {
    assert.equal(marks.verdictOn(merged, "7"), "like", "the like of the other window");
    assert.equal(marks.verdictOn(merged, "6"), "", "the removal is later than the like");
    assert.ok(marks.isWatched(merged, "7"));
  }
});

test("another profile in the storage is not mixed with this one", () => {
  const own = marks.changed(marks.EMPTY, HEAT, "like", null, 1);
  const other = { ...marks.EMPTY, user_id: "guest-a", key: "k" };
  assert.deepEqual(marks.merged(other, own), other);
});

test("notes of removals are bounded, the oldest go first", () => {
  let visitor = marks.EMPTY;
  for (let item = 0; item < 300; item += 1) visitor = marks.changed(visitor, { item_id: String(item) }, "", null, item);
  visitor = marks.changed(visitor, HEAT, "like", null, 999);
  assert.equal(visitor.marks.filter((mark) => !mark.verdict).length, 200);
  assert.equal(visitor.marks[0].item_id, "100");
  assert.ok(marks.has(visitor, "like"));
});

test("a mark that the profile has stored is noted, unless it was changed meanwhile", () => {
  const liked = marks.changed(marks.EMPTY, HEAT, "like", null, 5);
  assert.equal(marks.sent(liked, "6", 5).marks[0].sent, true);
  assert.equal(marks.sent(liked, "6", 4).marks[0].sent, false);
});

test("every change is confirmed in a sentence", () => {
  const on = marks.changed(marks.EMPTY, HEAT, "watch");
  assert.equal(marks.announcement(on, HEAT, "watch", WORDS), "Added to your watch-list: Heat.");
  assert.equal(marks.announcement(marks.EMPTY, HEAT, "watch", WORDS), "Removed from your watch-list: Heat.");
  assert.equal(marks.announcement(on, HEAT, "dislike", WORDS), "Marked “Not for me”: Heat.");
  assert.equal(marks.announcement(on, HEAT, "", WORDS), "Mark removed: Heat.");
});

test("starting over keeps the watch-list and tells other windows that the marks are gone", () => {
  const visitor = marks.changed(marks.changed(marks.EMPTY, HEAT, "like", null, 1), HEAT, "watch", null, 2);
  const cleared = marks.cleared(visitor, 3);
  assert.deepEqual(said(cleared), [[], ["6"]]);
  assert.deepEqual(said(marks.merged(visitor, cleared)), [[], ["6"]]);
});

test("signing out forgets profile, marks and lists, which the profile keeps", () => {
  const visitor = { ...marks.changed(marks.changed(marks.EMPTY, HEAT, "like"), HEAT, "watch"), user_id: "a", key: "k" };
  assert.deepEqual(marks.signedOut(visitor), { marks: [], watch: [], less: [], user_id: "", key: "", session: "" });
});

test("a change of a list is later than the one of a device whose clock is ahead", () => {
  const ahead = marks.changed(marks.EMPTY, HEAT, "watch", null, 9000);
  const removed = marks.changed(ahead, HEAT, "watch", null, 5);
  assert.deepEqual(marks.watched(marks.merged(ahead, removed)), []);
  const less = marks.lessened(marks.EMPTY, "theme:war", "war", 9000);
  assert.deepEqual(marks.lessOf(marks.merged(less, marks.lessened(less, "theme:war", "war", 5))), []);
});

test("less of something is a toggle, and two windows share it", () => {
  const on = marks.lessened(marks.EMPTY, "person:Al Pacino", "Al Pacino", 5);
  assert.ok(marks.isLess(on, "person:Al Pacino"));
  const elsewhere = marks.lessened(marks.EMPTY, "theme:war", "war", 7);
  const both = marks.merged(on, elsewhere);
  assert.deepEqual(
    marks.lessOf(both).map((one) => one.title),
    ["Al Pacino", "war"],
  );
  const off = marks.lessened(both, "person:Al Pacino", "Al Pacino", 9);
  assert.ok(!marks.isLess(marks.merged(both, off), "person:Al Pacino"));
  assert.deepEqual(marks.lessOf(marks.EMPTY), []);
});

test("a stored visitor is completed", () => {
  for (const stored of [null, undefined, "text", 7]) assert.deepEqual(marks.complete(stored), marks.EMPTY);
  assert.deepEqual(marks.complete({ session: "s" }), { ...marks.EMPTY, session: "s" });
});

test("a mark made while a sign-in was answered stays", () => {
  const alien = { item_id: "7", title: "Alien", year: 1979 };
  const before = marks.changed(marks.EMPTY, HEAT, "like", null, 1);
  const meanwhile = marks.changed(before, alien, "like", null, 2);
  const answer = { ...before, user_id: "guest-1", key: "k" };
  const signedIn = marks.answered(answer, meanwhile);
  assert.equal(signedIn.user_id, "guest-1");
  assert.deepEqual(
    signedIn.marks.map((mark) => mark.item_id),
    ["6", "7"],
  );
  const since = marks.madeSince(signedIn, answer);
  assert.deepEqual([since.length, since[0].item_id], [1, "7"], "only this mark has to be sent again");
  const other = marks.answered({ ...answer, user_id: "guest-2" }, signedIn);
  assert.deepEqual(other.marks, answer.marks, "marks of one profile never reach another");
  assert.deepEqual(marks.answered(marks.EMPTY, signedIn), marks.EMPTY, "signed out");
});

test("ratings from another site become marks, and what was said here stays", () => {
  const before = marks.changed(marks.EMPTY, HEAT, "dislike", null, 1);
  const verdictOf = (rating) => (rating >= 4 ? "like" : "dislike");
  const items = [
    { item_id: "6", title: "Heat", year: 1995, rating: 5 },
    { item_id: "7", title: "Alien", year: 1979, rating: 4.5 },
    { item_id: "8", title: "Fargo", year: 1996, rating: null },
  ];
  const after = marks.brought(before, items, verdictOf, 2);
  assert.deepEqual(
    after.marks.map(({ item_id, verdict, rating }) => [item_id, verdict, rating]),
    [
      ["7", "like", 4.5],
      ["8", "seen", null],
      ["6", "dislike", null],
    ],
  );
});
