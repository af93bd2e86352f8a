import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { runFile } from "./vectors/run-file.ts";
import type { Outcome } from "./vectors/vector-file.ts";

/** `npm run vectors -- DIR`: runs every file of vectors in a folder on this product. */
function main(paths: readonly string[]): number {
  if (paths.length === 0) {
    console.error("Usage: npm run vectors -- DIR   (a folder or file of vectors, such as test/vectors)");
    return 2;
  }
  let passed = 0;
  let failed = 0;
  let unknown = 0;
  for (const file of paths.flatMap(filesIn)) {
    const outcomes = outcomesOf(file);
    passed += outcomes.filter(({ kind }) => kind === "passed").length;
    for (const outcome of outcomes) {
      if (outcome.kind !== "failed") continue;
      failed++;
      console.log(`FAIL ${basename(file)} ${outcome.id}: expected ${outcome.expected}, got ${outcome.actual}`);
    }
    const strange = new Set(outcomes.flatMap((outcome) => (outcome.kind === "unknown" ? [outcome.op] : [])));
    if (strange.size > 0) {
      unknown++;
      console.log(`UNKNOWN ${basename(file)}: no such operation here: ${[...strange].join(", ")}`);
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed + unknown > 0 || passed === 0 ? 1 : 0;
}

function outcomesOf(file: string): Outcome[] {
  try {
    return runFile(JSON.parse(readFileSync(file, "utf8")));
  } catch (fault) {
    return [{ kind: "unknown", op: `not a file of vectors (${fault instanceof Error ? fault.message : fault})` }];
  }
}

function filesIn(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path).filter((name) => name.endsWith(".json"));
  return names.sort().map((name) => join(path, name));
}

process.exitCode = main(process.argv.slice(2));
