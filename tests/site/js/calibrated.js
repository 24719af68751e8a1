// Prints calibrated lists: node calibrated.js CASES, a JSON file with `columns`, `rule`, `candidates`, `history` and `n`.
import { readFileSync } from "node:fs";
import { load } from "../../page/js/load.js";

const { calibrated, catalogue } = load("catalogue", "calibrated");
const { columns, rule, candidates, history, n } = JSON.parse(readFileSync(process.argv[2], "utf-8"));
process.stdout.write(JSON.stringify(calibrated(catalogue({ columns }), rule).ordered(candidates, history, n)));
