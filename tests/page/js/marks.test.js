import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./load.js";

const { marks } = load("marks");
const HEAT = { item_id: "6", title: "Heat", year: 1995, url: "https://example.org/6", reason: "not stored" };
const WORDS = { like: "Like", dislike: "Not for me", seen: "Seen it" };

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
  assert.deepEqual(again.marks[1], { item_id: "6", title: "Heat", year: 1995, verdict: "dislike" });
  assert.equal(marks.verdictOn(first, "6"), "like", "nothing is changed in place");
  assert.deepEqual(marks.EMPTY.marks, []);
});

test("no verdict removes the mark", () => {
  const liked = marks.changed(marks.EMPTY, HEAT, "like");
  assert.ok(marks.has(liked, "like"));
  assert.deepEqual(marks.changed(liked, HEAT, ""), marks.EMPTY);
  assert.equal(marks.verdictOn(marks.EMPTY, "6"), "");
});

test("the watch-list is a toggle and keeps the verdicts", () => {
  const liked = marks.changed(marks.EMPTY, HEAT, "like");
  const on = marks.changed(liked, HEAT, "watch");
  assert.ok(marks.isWatched(on, "6"));
  assert.equal(on.watch[0].url, HEAT.url);
  assert.equal(marks.verdictOn(on, "6"), "like");
  assert.deepEqual(marks.changed(on, HEAT, "watch"), liked);
});

test("undoing restores what was there before", () => {
  for (const before of [marks.EMPTY, marks.changed(marks.EMPTY, HEAT, "seen")]) {
    for (const verdict of ["like", "dislike", "seen", "watch", ""]) {
      const after = marks.changed(before, HEAT, verdict);
      const undone = marks.changed(after, HEAT, marks.undoing(before, HEAT, verdict));
      assert.deepEqual(undone, before, `${verdict} after ${before.marks[0]?.verdict}`);
    }
  }
});

test("every change is confirmed in a sentence", () => {
  const on = marks.changed(marks.EMPTY, HEAT, "watch");
  assert.equal(marks.said(on, HEAT, "watch", WORDS), "Added to your watch-list: Heat.");
  assert.equal(marks.said(marks.EMPTY, HEAT, "watch", WORDS), "Removed from your watch-list: Heat.");
  assert.equal(marks.said(on, HEAT, "dislike", WORDS), "Marked “Not for me”: Heat.");
  assert.equal(marks.said(on, HEAT, "", WORDS), "Mark removed: Heat.");
});

test("starting over keeps the watch-list and forgets profile and marks", () => {
  const visitor = { ...marks.changed(marks.changed(marks.EMPTY, HEAT, "like"), HEAT, "watch"), user_id: "a", key: "k" };
  const { watch, ...rest } = marks.cleared(visitor);
  assert.equal(watch.length, 1);
  assert.deepEqual(rest, { marks: [], user_id: "", key: "", session: "" });
});

test("a stored visitor is completed", () => {
  for (const stored of [null, undefined, "text", 7]) assert.deepEqual(marks.complete(stored), marks.EMPTY);
  assert.deepEqual(marks.complete({ session: "s" }), { ...marks.EMPTY, session: "s" });
});
