// Prints the lists of the site's scorer: node lists.js WEIGHTS CASES, where CASES is a JSON file with `shape`, `rule`,
// `rated`, `n` and `histories` as lists of [number, rating].
import { readFileSync } from "node:fs";
import { load } from "../../page/js/load.js";

const { scoring } = load("scoring");
const [weightsFile, casesFile] = process.argv.slice(2);
const bytes = readFileSync(weightsFile);
const { shape, rule, rated, n, histories } = JSON.parse(readFileSync(casesFile, "utf-8"));
const weights = scoring.unpack(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length), shape);

const lists = histories.map((history) => {
  const numbers = history.map(([number]) => number);
  const seen = new Set(numbers);
  const values = scoring.inputs(
    history.map(([, rating]) => rating),
    rule,
  );
  const found = scoring.scores(weights, numbers, values);
  const best = scoring.best(found, n, (number) => number < rated && !seen.has(number));
  return best.map((number) => [number, found[number]]);
});
process.stdout.write(JSON.stringify(lists));
