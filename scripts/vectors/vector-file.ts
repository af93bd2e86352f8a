import { isDeepStrictEqual } from "node:util";
import type { Result } from "../../node/kernel/exchange-error.ts";

/** A file of published vectors; shapes in test/vectors/README.md. */
export type VectorFile = { readonly cases?: readonly VectorCase[]; readonly [section: string]: unknown };

export type VectorCase = {
  readonly id: string;
  readonly op: string;
  readonly input: unknown;
  readonly expect?: unknown;
  /** The refusal that must come, instead of `expect`. */
  readonly error?: string;
};

/** Runs one operation of the vectors on the product's own code. */
// biome-ignore lint/suspicious/noExplicitAny: each operation knows the shape of its input, which a JSON file cannot say
export type Operation = (input: any, file: VectorFile) => Result<unknown>;

/** A list of a file that is not among its `cases`, such as the proofs of merkle.json. */
export type Section = (
  // biome-ignore lint/suspicious/noExplicitAny: the items of a section have the shape of that section
  item: any,
  // biome-ignore lint/suspicious/noExplicitAny: sections refer to one another
  file: any,
  position: number,
) => { readonly actual: unknown; readonly expect: unknown };

export type Outcome =
  | { readonly kind: "passed" }
  | { readonly kind: "failed"; readonly id: string; readonly expected: string; readonly actual: string }
  | { readonly kind: "unknown"; readonly op: string };

export const passed: Outcome = { kind: "passed" };

/** Compares values: order of keys does not matter, order of arrays does. */
export function judge(id: string, expect: unknown, actual: unknown): Outcome {
  const plain = JSON.parse(JSON.stringify(actual ?? null));
  if (isDeepStrictEqual(plain, expect)) return passed;
  const at = firstDifference(expect, plain);
  return { kind: "failed", id, expected: at.path + brief(at.expect), actual: at.path + brief(at.actual) };
}

type Difference = { readonly path: string; readonly expect: unknown; readonly actual: unknown };

/** The smallest part that differs, so that a statement of a thousand lines is not poured over the terminal. */
function firstDifference(expect: unknown, actual: unknown, path = ""): Difference {
  if (isContainer(expect) && isContainer(actual) && Array.isArray(expect) === Array.isArray(actual)) {
    for (const key of new Set([...Object.keys(expect), ...Object.keys(actual)])) {
      if (isDeepStrictEqual(expect[key], actual[key])) continue;
      return firstDifference(expect[key], actual[key], path === "" ? key : `${path}.${key}`);
    }
  }
  return { path: path === "" ? "" : `${path} = `, expect, actual };
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

export function judgeResult(vector: VectorCase, run: () => Result<unknown>): Outcome {
  let actual: unknown;
  try {
    const result = run();
    actual = result.ok ? result.value : { error: result.error.code };
  } catch (fault) {
    actual = { thrown: fault instanceof Error ? (fault.stack ?? fault.message) : String(fault) };
  }
  return judge(vector.id, vector.error === undefined ? vector.expect : { error: vector.error }, actual);
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length <= 1_000 ? text : `${text.slice(0, 1_000)}… (${text.length} characters)`;
}
