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

export function joinRanges(a: SeqRanges, b: SeqRanges): SeqRanges {
  return { forward: join([...a.forward, ...b.forward]), reverse: join([...a.reverse, ...b.reverse]) };
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

/** Gathers numbers one by one, in any order; rising ones, which is how chains are read, cost one range. */
export function rangeCollector(): {
  readonly add: (direction: Direction, seq: string) => void;
  readonly ranges: () => SeqRanges;
} {
  const open: { [D in Direction]: [bigint, bigint][] } = { forward: [], reverse: [] };
  return {
    add(direction, seq) {
      const number = BigInt(seq);
      const last = open[direction].at(-1);
      if (last !== undefined && number === last[1] + 1n) last[1] = number;
      else open[direction].push([number, number]);
    },
    ranges: () =>
      joinRanges(NO_RANGES, {
        forward: open.forward.map(([from, to]) => [from.toString(), to.toString()]),
        reverse: open.reverse.map(([from, to]) => [from.toString(), to.toString()]),
      }),
  };
}
