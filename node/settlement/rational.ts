import { fail } from "./refusal.ts";

/** An exact fraction in lowest terms, denominator above zero. Weights, quotas and Shapley values are these. */
export type Rational = { readonly num: bigint; readonly den: bigint };

export const ZERO: Rational = { num: 0n, den: 1n };

export function rational(num: bigint, den = 1n): Rational {
  if (den === 0n) fail("BAD_DENOMINATOR", { value: "0" });
  const divisor = gcd(abs(num), abs(den)) * (den < 0n ? -1n : 1n);
  return { num: num / divisor, den: den / divisor };
}

export function add(a: Rational, b: Rational): Rational {
  return rational(a.num * b.den + b.num * a.den, a.den * b.den);
}

export function multiply(a: Rational, b: Rational): Rational {
  return rational(a.num * b.num, a.den * b.den);
}

export function sum(terms: readonly Rational[]): Rational {
  return terms.reduce(add, ZERO);
}

/** Numerators over the least common denominator, so that what follows is integers only. */
export function overCommonDenominator(terms: readonly Rational[]): { nums: bigint[]; den: bigint } {
  const den = terms.reduce((lcm, { den }) => (lcm / gcd(lcm, den)) * den, 1n);
  return { nums: terms.map((term) => term.num * (den / term.den)), den };
}

const DECIMAL = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/;
const FRACTION = /^(0|[1-9][0-9]*)\/([1-9][0-9]*)$/;

/** A weight: `"35"`, `"0.35"` or `"7/20"`, from zero up. Source: settlement.md §1. */
export function parseWeight(value: unknown): Rational {
  const text = typeof value === "string" ? value : "";
  const fraction = FRACTION.exec(text);
  if (fraction !== null) return rational(BigInt(fraction[1] ?? ""), BigInt(fraction[2] ?? ""));
  const decimal = DECIMAL.exec(text);
  if (decimal === null) fail("BAD_WEIGHT", { value: text.slice(0, 80) });
  const digits = decimal[2] ?? "";
  return rational(BigInt(`${decimal[1]}${digits}`), 10n ** BigInt(digits.length));
}

/** `"n"` or `"n/d"`. */
export function rationalText({ num, den }: Rational): string {
  return den === 1n ? num.toString() : `${num}/${den}`;
}

export function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}
