import { allocate } from "../../node/settlement/allocate.ts";
import type { Statement } from "../../node/settlement/model.ts";
import type { Names } from "./labels.ts";
import { colorAt } from "./svg.ts";

export type Slice = {
  readonly partyId: string;
  readonly kind: string;
  readonly fen: bigint;
  readonly label: string;
  readonly color: string;
  /** Tenths of a per cent; those of all slices add up to 1000. */
  readonly permille: number;
};

/** Who gets what and why, largest first; taken back amounts are not part of a picture of shares. */
export function shareSlices(statements: readonly Statement[], names: Names): Slice[] {
  const sums = new Map<string, { partyId: string; kind: string; fen: bigint }>();
  const add = (partyId: string, kind: string, fen: bigint) => {
    const key = `${kind}/${partyId}`;
    const slice = sums.get(key) ?? { partyId, kind, fen: 0n };
    slice.fen += fen;
    sums.set(key, slice);
  };
  for (const { result } of statements) {
    for (const line of result.lines) for (const { partyId, kind, fen } of line.shares) add(partyId, kind, BigInt(fen));
    for (const { partyId, fen } of result.adjustments) add(partyId, "benefit", BigInt(fen));
  }
  const shown = [...sums.values()].filter(({ fen }) => fen > 0n);
  shown.sort((a, b) => (a.fen === b.fen ? (a.partyId < b.partyId ? -1 : 1) : a.fen > b.fen ? -1 : 1));
  const seed = { periodId: "chart", lineId: "chart" };
  const weights = shown.map(({ partyId, kind, fen }) => ({
    partyId: `${kind}/${partyId}`,
    weight: { num: fen, den: 1n },
  }));
  const permille = shown.length === 0 ? [] : allocate(1_000n, weights, seed);
  return shown.map((slice, i) => ({
    ...slice,
    label: `${names.party(slice.partyId)}${slice.kind === "fund" ? "" : ` ${names.kind(slice.kind)}`}`,
    color: colorAt(i),
    permille: Number(permille[i]?.fen ?? 0n),
  }));
}
