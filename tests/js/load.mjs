// Loads a script of assets/ as a module, whatever the version of node takes a plain .js file for: from a copy named .mjs.
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const assets = new URL("../../assets/", import.meta.url);
const folder = mkdtempSync(join(tmpdir(), "drivers-atlas-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

mkdirSync(join(folder, "late"));
for (const name of readdirSync(assets, { recursive: true }).filter((file) => file.endsWith(".js"))) {
  const source = readFileSync(new URL(name, assets), "utf8").replace(/(from "\.\.?\/[\w/]+)\.js"/g, '$1.mjs"');
  writeFileSync(join(folder, name.replace(/\.js$/, ".mjs")), source);
}

export const load = (name) => import(pathToFileURL(join(folder, name.replace(/\.js$/, ".mjs"))));
