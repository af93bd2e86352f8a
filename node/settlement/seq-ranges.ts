/** A set of receipt numbers of both chains of an agreement, as ranges: a year of receipts is usually one of them. */
export type SeqRanges = {
  readonly forward: readonly (readonly [from: string, to: string])[];
  readonly reverse: readonly (readonly [from: string, to: string])[];
};

type Direction = keyof SeqRanges;

export const NO_RANGES: SeqRanges = { forward: [], reverse: [] };

export function inRanges(ranges: SeqRanges, direction: Direction, seq: string): boolean {
  const number = BigInt(seq);
  return ranges[direction].some(([from, to]) => BigInt(from) <= number && number <= BigInt(to));
}

/** The same question, asked for very many numbers. */
export function rangeTest(ranges: SeqRanges): (direction: Direction, seq: string) => boolean {
  const parsed = (direction: Direction) => ranges[direction].map(([from, to]) => [BigInt(from), BigInt(to)] as const);
  const known = { forward: parsed("forward"), reverse: parsed("reverse") };
  return (direction, seq) => {
    if (known[direction].length === 0) return false;
    const number = BigInt(seq);
    return known[direction].some(([from, to]) => from <= number && number <= to);
  };
}

export function joinRanges(a: SeqRanges, b: SeqRanges): SeqRanges {
  return { forward: join([...a.forward, ...b.forward]), reverse: join([...a.reverse, ...b.reverse]) };
}

/** Every number that is in none of the ranges; as `joinRanges` writes them: in order, none touching the next. */
export function outsideRanges(ranges: SeqRanges): SeqRanges {
  return { forward: outside(ranges.forward), reverse: outside(ranges.reverse) };
}

/** More receipts than this are in no chain. */
const LAST = 2n ** 63n - 1n;

function outside(ranges: readonly (readonly [string, string])[]): [string, string][] {
  const gaps: [string, string][] = [];
  let next = 1n;
  for (const [from, to] of ranges) {
    if (BigInt(from) > next) gaps.push([next.toString(), (BigInt(from) - 1n).toString()]);
    next = BigInt(to) + 1n;
  }
  return [...gaps, [next.toString(), LAST.toString()]];
}

function join(ranges: readonly (readonly [string, string])[]): [string, string][] {
  const sorted = ranges
    .map(([from, to]) => [BigInt(from), BigInt(to)] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const joined: [bigint, bigint][] = [];
  for (const [from, to] of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last[1] + 1n) last[1] = to > last[1] ? to : last[1];
    else joined.push([from, to]);
  }
  return joined.map(([from, to]) => [from.toString(), to.toString()]);
}

/** Gathers numbers one by one, in any order: a bit for each, so that ten million of them take a megabyte. */
export function rangeCollector(): {
  readonly add: (direction: Direction, seq: string) => void;
  readonly ranges: () => SeqRanges;
} {
  const found = { forward: new Map<number, Uint8Array>(), reverse: new Map<number, Uint8Array>() };
  return {
    add(direction, seq) {
      const number = Number(seq);
      // Chains are without gap, so a number that a double cannot hold is not reached by counting.
      if (!Number.isSafeInteger(number)) throw new Error(`the receipt number ${seq} is out of range`);
      const block = Math.floor(number / BLOCK);
      let bits = found[direction].get(block);
      if (bits === undefined) {
        bits = new Uint8Array(BLOCK / 8);
        found[direction].set(block, bits);
      }
      const bit = number % BLOCK;
      bits[bit >> 3] = (bits[bit >> 3] ?? 0) | (1 << (bit & 7));
    },
    ranges: () => ({ forward: rangesIn(found.forward), reverse: rangesIn(found.reverse) }),
  };
}

const BLOCK = 65_536;

function rangesIn(blocks: ReadonlyMap<number, Uint8Array>): [string, string][] {
  const ranges: [number, number][] = [];
  for (const [block, bits] of [...blocks].sort(([a], [b]) => a - b)) {
    for (let bit = 0; bit < BLOCK; bit++) {
      if (((bits[bit >> 3] ?? 0) & (1 << (bit & 7))) === 0) continue;
      const number = block * BLOCK + bit;
      const last = ranges.at(-1);
      if (last !== undefined && number === last[1] + 1) last[1] = number;
      else ranges.push([number, number]);
    }
  }
  return ranges.map(([from, to]) => [String(from), String(to)]);
}
