/** By nearest rank over all samples; rounded to microseconds when the samples are milliseconds. */
export function percentiles(samples: readonly number[]): { readonly p50: number; readonly p99: number } {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number) => Math.round((sorted[Math.ceil(sorted.length * share) - 1] ?? 0) * 1_000) / 1_000;
  return { p50: at(0.5), p99: at(0.99) };
}
