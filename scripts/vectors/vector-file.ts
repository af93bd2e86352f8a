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
// biome-ignore lint/suspicious/noExplicitAny: the items of a section have the shape of that section
export type Section = (
  item: any,
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
  return { kind: "failed", id, expected: brief(expect), actual: brief(plain) };
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

/** Enough to see what differs, without pouring a megabyte over the terminal. */
function brief(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 2_000 ? text : `${text.slice(0, 2_000)}… (${text.length} characters)`;
}
