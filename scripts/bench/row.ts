/** Something measured: a rate or percentiles, in the row's unit. */
export type Measured = { readonly value?: number; readonly p50?: number; readonly p99?: number };

/**
 * One line of the benchmark report. `ratio` compares with a baseline measured in the same run, alternating; above 1 means
 * ours is better. Further fields say what else was counted.
 */
export type BenchRow = Measured & {
  readonly case: string;
  readonly unit: string;
  /** How many single things were measured. */
  readonly n: number;
  readonly baseline?: { readonly name: string; readonly value?: number; readonly p50?: number };
  readonly ratio?: number;
  readonly target: { readonly [name: string]: number };
  readonly met: boolean;
  readonly [extra: string]: unknown;
};

export type BenchOptions = { readonly quick: boolean };
