// Loads a script of assets/ as a module, whatever the version of node takes a plain .js file for.
import { readFileSync } from "node:fs";

const addresses = new Map();

function addressOf(name) {
  if (!addresses.has(name)) {
    const source = readFileSync(new URL(`../../assets/${name}`, import.meta.url), "utf8")
      .replace(/from "\.\/([\w.]+)"/g, (_, other) => `from "${addressOf(other)}"`);
    addresses.set(name, `data:text/javascript;base64,${Buffer.from(source).toString("base64")}`);
  }
  return addresses.get(name);
}

export const load = (name) => import(addressOf(name));
