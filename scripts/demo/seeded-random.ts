/** Random choices that are the same for the same seed on every machine. Not for secrets. */
export type SeededRandom = {
  /** In [0, 1). */
  readonly next: () => number;
  /** From `low` to `high`, both included. */
  readonly between: (low: number, high: number) => number;
  readonly pick: <T>(items: readonly T[]) => T;
  /** `count` different items, in random order. */
  readonly sample: <T>(items: readonly T[], count: number) => T[];
};

/** Mulberry32, seeded with the FNV-1a hash of a text: 32 bits of state are plenty for sample data. */
export function seededRandom(seed: string): SeededRandom {
  let state = 0x811c9dc5;
  for (const byte of Buffer.from(seed, "utf8")) state = Math.imul(state ^ byte, 0x01000193);

  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    between,
    pick: (items) => items[between(0, items.length - 1)] as (typeof items)[number],
    sample(items, count) {
      const left = [...items];
      return Array.from({ length: count }, () => {
        const at = between(0, left.length - 1);
        const taken = left[at] as (typeof items)[number];
        left[at] = left.at(-1) as (typeof items)[number];
        left.pop();
        return taken;
      });
    },
  };
}
