// Builds dist/ with the TypeScript compiler and copies what the program reads at run time beside it.
// `--if-stale` does nothing when no source is newer than the last build, so that the two README commands stay quick.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
// biome-ignore lint/correctness/useImportExtensions: the types beside it are not what runs.
import { nodeTooOld } from "./node-version.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
const stamp = join(dist, ".built");
const SOURCES = [
  "node",
  "gateway",
  "certs",
  "scripts",
  "proto",
  "data",
  "tsconfig.build.json",
  "tsconfig.json",
  "package-lock.json",
];

function newest(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), stats.mtimeMs);
}

const tooOld = nodeTooOld(process.versions.node, process.env);
if (tooOld !== undefined) {
  console.error(tooOld);
  process.exit(1);
}

const latest = Math.max(
  ...SOURCES.map((name) => join(root, name))
    .filter(existsSync)
    .map(newest),
);
if (process.argv.includes("--if-stale") && existsSync(stamp) && Number(readFileSync(stamp, "utf8")) >= latest) {
  process.exit(0);
}

console.error("heliu: building dist/ …");
rmSync(dist, { recursive: true, force: true });
const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
const compiled = spawnSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json")], {
  stdio: ["ignore", 2, 2],
});
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

// What the compiler does not copy: protocol definitions, rule packs, styles, icons, sample data, the disk that fails on purpose.
const ASSETS = /\.(proto|json|css|svg|mjs|c)$/;
for (const name of ["proto", "data", "node", "gateway", "certs", "scripts"]) {
  const from = join(root, name);
  if (!existsSync(from)) continue;
  cpSync(from, join(dist, name), {
    recursive: true,
    filter: (source) => statSync(source).isDirectory() || ASSETS.test(source),
  });
}
mkdirSync(dist, { recursive: true });
cpSync(join(root, "package.json"), join(dist, "package.json"));
writeFileSync(stamp, String(latest));
console.error(`heliu: built ${relative(process.cwd(), dist) || "dist"}`);
