// Prints posters: node posters.js START ITEMS, both JSON files.
import { readFileSync } from "node:fs";
import { load } from "../../page/js/load.js";

const { drawn } = load("drawn");
const [drawings, items] = process.argv.slice(2).map((name) => JSON.parse(readFileSync(name, "utf-8")));
drawn.use(drawings);
process.stdout.write(JSON.stringify(items.map(drawn.poster)));
