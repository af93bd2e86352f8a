import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeCsvRow } from "../../node/kernel/csv.ts";
import { makeSpecialEquipment } from "../demo/special-equipment.ts";

const DATA = fileURLToPath(new URL("../../data/", import.meta.url));

const ENTRIES: { readonly [file: string]: readonly string[] } = {
  "catalog-chengdu.json": [
    ...["cd-scjg-0001", "cd-scjg-0002", "cd-scjg-0003", "cd-scjg-0004", "cd-scjg-0007", "cd-scjg-0008"],
    ...["cd-scjg-0011", "cd-scjg-0012", "cd-zj-0001", "cd-jt-0001", "cd-qx-0001", "cd-prod-0002"],
  ],
  "catalog-chongqing.json": ["cq-scjg-0003", "cq-scjg-0004", "cq-scjg-0007", "cq-yj-0001"],
};

/** Rows of the register that the story moves: ten batches. */
export const ROWS = 3_000;
export const BATCH_ROWS = 300;

export type Material = {
  readonly equipment: string;
  readonly producers: string;
  readonly registrations: readonly { readonly reg_code: string; readonly uscc: string }[];
  readonly catalogues: { readonly chengdu: Catalogue; readonly chongqing: Catalogue };
};
export type Catalogue = { readonly file: Buffer; readonly ids: readonly string[] };

/** The files of the story, made once and read by every trial. */
export function makeMaterial(dir: string): Material {
  mkdirSync(dir, { recursive: true });
  const { equipment, producers } = makeSpecialEquipment();
  const rows = equipment.rows.slice(0, ROWS);
  const path = (name: string) => join(dir, name);
  writeFileSync(path("equipment.csv"), [equipment.columns, ...rows].map((row) => writeCsvRow(row)).join(""));
  writeFileSync(path("producers.csv"), producers.csv());
  const [regCode, uscc] = ["reg_code", "user_unit_uscc"].map((column) => equipment.columns.indexOf(column));
  return {
    equipment: path("equipment.csv"),
    producers: path("producers.csv"),
    registrations: rows.map((row) => ({ reg_code: row[regCode ?? 0] ?? "", uscc: row[uscc ?? 0] ?? "" })),
    catalogues: { chengdu: catalogueOf("catalog-chengdu.json"), chongqing: catalogueOf("catalog-chongqing.json") },
  };
}

function catalogueOf(name: string): Catalogue {
  const catalogue = JSON.parse(readFileSync(DATA + name, "utf8")) as { entries: { id: string }[] };
  const wanted = new Set(ENTRIES[name]);
  const entries = catalogue.entries.filter(({ id }) => wanted.has(id));
  return { file: Buffer.from(JSON.stringify({ ...catalogue, entries }), "utf8"), ids: entries.map(({ id }) => id) };
}
