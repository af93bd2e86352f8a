import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { type Authorisation, parseAuthorisations } from "./catalog/authorisation.ts";
import type { NodeConfig } from "./config.ts";

/** The authorisation records of the node's folder; without a file no product passes CAT-011. */
export function readAuthorisations({ dir, catalog }: NodeConfig): readonly Authorisation[] {
  const path = isAbsolute(catalog.authorisations) ? catalog.authorisations : join(dir, catalog.authorisations);
  return existsSync(path) ? parseAuthorisations(JSON.parse(readFileSync(path, "utf8"))) : [];
}
