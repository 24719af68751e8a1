// Prints what the site reads from exports: node exports.js CASES, where CASES is a JSON file with a list of texts.
import { readFileSync } from "node:fs";
import { load } from "../../page/js/load.js";

const { exports } = load("titles", "column_names", "columns", "quotes", "days", "exports");
const texts = JSON.parse(readFileSync(process.argv[2], "utf-8"));
const found = texts.map((text) => {
  const entries = exports.read(text);
  return entries.error ? { error: entries.error } : { entries, notes: exports.notes(entries) };
});
process.stdout.write(JSON.stringify(found));
