import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./load.js";

const { fileText } = load("file_text");
const read = (...bytes) => fileText(new Blob([new Uint8Array(bytes)]));

test("a file is read in its encoding", async () => {
  assert.equal(await read(0x41, 0x6d, 0xc3, 0xa9), "Amé", "UTF-8");
  assert.equal(await read(0xef, 0xbb, 0xbf, 0xc3, 0xa9), "é", "UTF-8 with a mark");
  assert.equal(await read(0xff, 0xfe, 0xe9, 0x00), "é", "UTF-16");
  assert.equal(await read(0xfe, 0xff, 0x00, 0xe9), "é", "UTF-16 of the other order");
  assert.equal(await read(0x41, 0x6d, 0xe9), "Amé", "Windows-1252, as spreadsheets write CSV");
});

test("no byte of a file that is no text is lost", async () => {
  const all = Array.from({ length: 256 }, (_, byte) => byte);
  assert.equal(new Set(await read(...all)).size, 256);
});
