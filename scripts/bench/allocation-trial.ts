import { allocate, type Share, type Weighted } from "../../node/settlement/allocate.ts";
import { overCommonDenominator, rational } from "../../node/settlement/rational.ts";

type Trial = { readonly total: bigint; readonly weights: readonly Weighted[]; readonly seed: Seed };
type Seed = { readonly periodId: string; readonly lineId: string };

/** What does not hold of `count` random allocations that follow from a seed: nothing, unless there is a defect. Source: settlement.md §17. */
export function brokenAllocations(count: number, seed: number): string[] {
  const next = numbers(seed);
  const broken: string[] = [];
  for (let i = 0; i < count; i++) {
    const trial = randomTrial(next, i);
    const faults = faultsOf(trial);
    if (faults.length === 0) continue;
    const weights = trial.weights.map(({ weight: { num, den } }) => `${num}/${den}`);
    broken.push(`${trial.total} by ${weights.join(" : ")} on ${trial.seed.lineId}: ${faults.join(", ")}`);
  }
  return broken;
}

function randomTrial(next: () => number, i: number): Trial {
  const parties = 1 + (next() % 6);
  const inFen = next() % 3 === 0;
  const weights = Array.from({ length: parties }, (_, p) => ({
    partyId: `510100:p${p}`,
    weight: inFen ? rational(BigInt(next() % 100_000)) : rational(big(next, next() % 18), 1n + BigInt(next() % 50)),
  }));
  // Somebody has a weight, or there would be nothing to look at.
  const [first] = weights;
  if (first !== undefined && weights.every(({ weight }) => weight.num === 0n)) first.weight = rational(1n);
  const magnitude = big(next, next() % 18);
  const total = next() % 4 === 0 ? -magnitude : magnitude;
  return { total, weights, seed: { periodId: "2026-10", lineId: `AGR-${i % 97}/p-${i % 3}/2026-10` } };
}

/** Below 10^digits: mostly small ones, as most amounts are, and some of 10^17. */
function big(next: () => number, digits: number): bigint {
  return (BigInt(next()) * 4_294_967_296n + BigInt(next())) % 10n ** BigInt(digits);
}

function faultsOf({ total, weights, seed }: Trial): string[] {
  const shares = allocate(total, weights, seed);
  const { nums } = overCommonDenominator(weights.map(({ weight }) => weight));
  const all = nums.reduce((a, b) => a + b, 0n);
  const fen = shares.map((share) => share.fen);
  const faults: string[] = [];
  const hold = (isTrue: boolean, what: string) => {
    if (!isTrue) faults.push(what);
  };
  hold(fen.reduce((a, b) => a + b, 0n) === total, "the sum is not exact");
  // |share · Σw − T · w| < Σw, that is: less than a fen away from the exact part.
  hold(
    fen.every((each, i) => magnitudeOf(each * all - total * (nums[i] ?? 0n)) < all),
    "somebody is off by a fen",
  );
  hold(
    fen.every((each, i) => nums[i] !== 0n || each === 0n),
    "no weight, and a share",
  );
  hold(
    fen.every((each) => each === 0n || each < 0n === total < 0n),
    "a share of the other sign",
  );
  hold(isMonotone(fen, nums, total), "more weight, and less");
  const amounts = weights.every(({ weight }) => weight.den === 1n) && total >= 0n && total <= all;
  hold(!amounts || fen.every((each, i) => each <= (nums[i] ?? 0n)), "more than the own amount");
  const reversed = allocate(total, weights.toReversed(), seed).toReversed();
  hold(isSame(reversed, shares), "the order of the parties matters");
  const scaled = weights.map(({ partyId, weight }) => ({
    partyId,
    weight: rational(weight.num * 35n, weight.den * 4n),
  }));
  hold(isSame(allocate(total, scaled, seed), shares), "scaling the weights matters");
  const mirrored = allocate(-total, weights, seed).map(({ partyId, fen: each }) => ({ partyId, fen: -each }));
  hold(isSame(mirrored, shares), "the negative is no mirror image");
  return faults;
}

/** Who has more weight gets no less. */
function isMonotone(fen: readonly bigint[], nums: readonly bigint[], total: bigint): boolean {
  const order = nums.map((_, i) => i).sort((a, b) => compare(nums[a] ?? 0n, nums[b] ?? 0n));
  return order.every((at, rank) => {
    const before = order[rank - 1];
    if (before === undefined || nums[before] === nums[at]) return true;
    return magnitudeOf(fen[at] ?? 0n) >= magnitudeOf(fen[before] ?? 0n) || total === 0n;
  });
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function magnitudeOf(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function isSame(a: readonly Share[], b: readonly Share[]): boolean {
  return a.length === b.length && a.every(({ partyId, fen }, i) => partyId === b[i]?.partyId && fen === b[i]?.fen);
}

/** 32-bit numbers of a small generator (mulberry32): the same seed, the same trials. */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}
