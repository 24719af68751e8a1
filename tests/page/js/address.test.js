import assert from "node:assert/strict";
import test from "node:test";
import { load, shared } from "./load.js";

const { address } = load("address");

test("an address without a tab opens the tab that its keys ask for, as on the server", () => {
  for (const { view, tab } of shared.cases) assert.equal(address.tabOf(view), tab, JSON.stringify(view));
});

test("known keys are read, empty and unknown ones are not", () => {
  assert.deepEqual(address.read("?film=1&user=&__theme=dark&q=a+b%26c"), { film: "1", q: "a b&c" });
  assert.deepEqual(address.read(""), {});
});

test("a change sets, replaces and removes keys and leaves the others", () => {
  const search = address.changed("?film=1&__theme=dark&details=7", { film: "2", user: "a&b", details: null });
  const found = new URLSearchParams(search);
  assert.deepEqual(Object.fromEntries(found), { film: "2", __theme: "dark", user: "a&b" });
  assert.equal(address.changed("?film=1", { film: "" }), "", "no lonely question mark");
  assert.equal(address.changed("", { balance: 0 }), "?balance=0", "zero is a value");
});

test("what is written is read again", () => {
  const view = { tab: "blend", film: "Amélie & co. (2001)", user: "guest-ü", balance: "0.25" };
  assert.deepEqual(address.read(address.changed("", view)), view);
});

test("the dialog is no part of what the server is asked about", () => {
  assert.equal(address.withoutDialog("?film=1&details=7"), "?film=1");
});
