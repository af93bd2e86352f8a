// Does a spreadsheet that is not ours come to the same figures? LibreOffice recalculates a report from nothing: all
// stored results are taken out of a copy first, so that a figure which is there afterwards was computed.
//
//   node scripts/interop/recalculate-xlsx.mjs report.xlsx [report.json]
//
// Compares every formula with what the file stores, the totals with the signed statements of the JSON report, and then
// changes one share to see that the checks notice. Exit 0: all equal; 1: something differs; 3: LibreOffice is not here.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { strFromU8, strToU8, unzipSync, zipSync } from "fflate";
import { readXlsx } from "hucre/xlsx";

const [file, json] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: node scripts/interop/recalculate-xlsx.mjs report.xlsx [report.json]");
  process.exit(2);
}

const office = ["soffice", "libreoffice"].find((name) => spawnSync(name, ["--version"]).status === 0);
if (office === undefined) {
  console.error(
    "NOT CHECKED: LibreOffice is not installed, so nothing was recalculated (apt-get install libreoffice-calc).",
  );
  process.exit(3);
}

const scratch = mkdtempSync(join(tmpdir(), "heliu-recalculate-"));
const failures = [];
try {
  const bytes = readFileSync(file);
  const book = await readXlsx(bytes);
  const computed = recalculated(emptied(bytes), book);
  const compared = compareFormulas(book, computed);
  if (compared === 0) failures.push("there is no formula in the file");
  if (json !== undefined) compareTotals(book, computed, JSON.parse(readFileSync(json, "utf8")));
  const noticed = changeOneShare(bytes, book);
  console.log(JSON.stringify({ file, formulas: compared, noticed, failures: failures.length }));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
for (const failure of failures) console.error(`DIFFERS ${failure}`);
process.exit(failures.length === 0 ? 0 : 1);

/** A copy in which no formula has a result. */
function emptied(bytes, change = (text) => text) {
  const parts = unzipSync(bytes);
  for (const [name, part] of Object.entries(parts)) {
    if (!/^xl\/worksheets\/sheet\d+\.xml$/.test(name)) continue;
    const text = strFromU8(part).replace(/(<\/f>)<v>[^<]*<\/v>/g, "$1");
    parts[name] = strToU8(change(text, name));
  }
  return zipSync(parts);
}

/** Each sheet as LibreOffice computes it: rows of cells as text, numbers in full. */
function recalculated(bytes, { sheets }) {
  const folder = mkdtempSync(join(scratch, "run-"));
  const profile = join(folder, "profile");
  mkdirSync(join(profile, "user"), { recursive: true });
  // 0: always recalculate when opening.
  const always =
    '<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>';
  writeFileSync(
    join(profile, "user", "registrymodifications.xcu"),
    `<?xml version="1.0"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">${always}</oor:items>`,
  );
  const input = join(folder, "report.xlsx");
  writeFileSync(input, bytes);
  // Comma, quote, UTF-8, every cell as it is stored rather than as it is shown, every sheet a file of its own.
  const filter = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1";
  const args = [
    `-env:UserInstallation=${pathToFileURL(profile)}`,
    "--headless",
    "--convert-to",
    filter,
    "--outdir",
    folder,
    input,
  ];
  const run = spawnSync(office, args, { encoding: "utf8", timeout: 180_000 });
  const made = readdirSync(folder).filter((name) => name.endsWith(".csv"));
  if (made.length !== sheets.length)
    throw new Error(`LibreOffice wrote ${made.length} sheets: ${run.stdout}${run.stderr}`);
  return new Map(sheets.map(({ name }) => [name, rowsOf(readFileSync(join(folder, `report-${name}.csv`), "utf8"))]));
}

function rowsOf(csv) {
  const rows = [[]];
  for (const [, quoted, plain, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^,\n]*))(,|\n|$)/g)) {
    rows.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === "\n") rows.push([]);
    if (end === "") break;
  }
  return rows;
}

function compareFormulas({ sheets }, computed) {
  let compared = 0;
  for (const { name, cells, rows } of sheets) {
    for (const [place, { formula }] of cells ?? []) {
      if (formula === undefined) continue;
      compared++;
      const [row, column] = place.split(",").map(Number);
      const stored = rows[row]?.[column];
      const found = computed.get(name)?.[row]?.[column];
      if (!isSame(stored, found)) {
        failures.push(
          `${name} row ${row + 1} column ${column + 1}: stored ${stored}, recalculated ${found} (${formula})`,
        );
      }
    }
  }
  return compared;
}

function isSame(stored, found) {
  if (typeof stored === "boolean") return found === String(stored).toUpperCase();
  if (typeof stored === "number") return found !== "" && Math.round(Number(found) * 100) === Math.round(stored * 100);
  return found === stored;
}

/** Fen of each party, summed from the signed statements, against the column that LibreOffice computed. */
function compareTotals(book, computed, { statements }) {
  const signed = new Map();
  for (const { statement } of statements) {
    for (const { partyId, fen } of statement.result.totals)
      signed.set(partyId, (signed.get(partyId) ?? 0n) + BigInt(fen));
  }
  const rows = computed.get(book.sheets[0].name);
  for (const [partyId, fen] of signed) {
    const row = rows.find(([id]) => id === partyId);
    if (row?.[3] !== String(fen)) failures.push(`${partyId}: signed ${fen}, recalculated ${row?.[3]}`);
  }
}

/** One fen more in the first share: figures that follow from it move, and the checks say FALSE. */
function changeOneShare(bytes, { sheets }) {
  const [totals, lines] = sheets;
  const place = [...(lines?.cells ?? [])].find(
    ([at, { formula }]) => at.endsWith(",27") && formula?.startsWith("VALUE(S"),
  );
  if (place === undefined) return "no share to change";
  const [row] = place[0].split(",").map(Number);
  const fen = BigInt(lines.rows[row][18]) + 1n;
  const cell = new RegExp(`<c r="S${row + 1}"[^>]*>.*?</c>`);
  const changed = emptied(bytes, (text, name) =>
    name.endsWith("sheet2.xml")
      ? text.replace(cell, `<c r="S${row + 1}" t="inlineStr"><is><t>${fen}</t></is></c>`)
      : text,
  );
  const computed = recalculated(changed, { sheets }).get(totals.name);
  const wrong = computed.filter((cells) => cells[5] === "FALSE").length;
  if (wrong === 0) failures.push("a share was changed by one fen and no check says FALSE");
  return `${wrong} checks say FALSE after one fen was added`;
}
