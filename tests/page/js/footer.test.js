import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./load.js";

test("the footer brings what a match means in the release that is now in use", () => {
  const recsys = load("footer");
  Object.assign(recsys, {
    state: { words: { match: "" } },
    h: (_name, _options, content) => content,
    fill: () => {},
  });
  const props = { value: { lines: ["A data set."], match: "" } };
  let changed = null;
  recsys.components.footer({ element: {}, props, watch: (_name, render) => (changed = render) });
  assert.equal(recsys.state.words.match, "");
  props.value = { lines: ["A data set."], match: "“95 % match” means …" };
  changed();
  assert.equal(recsys.state.words.match, "“95 % match” means …");
  props.value = { lines: ["A data set."] };
  changed();
  assert.equal(recsys.state.words.match, "“95 % match” means …", "the static site's footer says nothing of it");
});
