import { arithmetic, splitGross } from "./arithmetic.ts";
import { books } from "./books.ts";
import { documents } from "./documents.ts";
import { merkleSections, noteSections, notes } from "./evidence.ts";
import { schemes, splitScheme } from "./schemes.ts";
import { judge, judgeResult, type Operation, type Outcome, type VectorCase, type VectorFile } from "./vector-file.ts";

const operations: { readonly [op: string]: Operation } = {
  ...arithmetic,
  ...schemes,
  ...documents,
  ...books,
  ...notes,
};
const sections = { ...merkleSections, ...noteSections };

/** What a file says about itself rather than about the product. */
const ABOUT = new Set(["file", "spec", "version", "warning", "keys", "knownKeys", "leafRule", "leafPrefix", "cases"]);

/** Every check of one file; an operation or section that nobody here knows is an outcome of its own. */
export function runFile(file: VectorFile): Outcome[] {
  const outcomes: Outcome[] = (file.cases ?? []).map((vector) => {
    const run = operationOf(vector);
    return run === undefined ? { kind: "unknown", op: vector.op } : judgeResult(vector, () => run(vector.input, file));
  });
  for (const [name, items] of Object.entries(file)) {
    if (ABOUT.has(name)) continue;
    const section = sections[name];
    if (section === undefined || !Array.isArray(items)) outcomes.push({ kind: "unknown", op: name });
    else {
      items.forEach((item, i) => {
        const { expect, actual } = section(item, file, i);
        outcomes.push(judge(`${name}[${i}]`, expect, actual));
      });
    }
  }
  return outcomes;
}

function operationOf({ op, input }: VectorCase): Operation | undefined {
  // `split` is two operations: of a base amount by a scheme, and of a gross amount into net and tax.
  if (op === "split") return isGross(input) ? splitGross : splitScheme;
  return Object.hasOwn(operations, op) ? operations[op] : undefined;
}

function isGross(input: unknown): boolean {
  return typeof input === "object" && input !== null && "grossFen" in input;
}
