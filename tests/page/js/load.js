// Loads scripts of the page into this process, as the browser does: one after the other, sharing `recsys`.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runInThisContext } from "node:vm";

const here = dirname(fileURLToPath(import.meta.url));
const project = join(here, "..", "..", "..");
const folders = ["page", "site"].map((name) => join(project, "recsys", name, "js"));

// What Python passes to the scripts; tests/page/test_page.py compares it with the real thing.
export const shared = JSON.parse(readFileSync(join(here, "..", "addresses.json"), "utf-8"));

export function load(...names) {
  globalThis.recsys = { config: shared.config, components: {} };
  for (const name of names) {
    const filename = folders.map((folder) => join(folder, `${name}.js`)).find(existsSync);
    runInThisContext(`"use strict";${readFileSync(filename, "utf-8")}`, { filename });
  }
  return globalThis.recsys;
}
