import type { Result } from "../kernel/exchange-error.ts";
import { list } from "../storage/transact.ts";
import { type BuildDeps, termsOf } from "./build.ts";
import type { Statement } from "./model.ts";
import { nettingOf, type SettledStatement } from "./obligations.ts";
import { attempt } from "./refusal.ts";
import { settlements } from "./store.ts";

/** Who pays whom how much, amounts as they go over the wire. */
export type PeriodNetting = {
  readonly positions: readonly { readonly regionId: string; readonly fen: string }[];
  readonly payments: readonly { readonly from: string; readonly to: string; readonly fen: string }[];
};

/** The plan over this node's signed statements of a period; a statement without both signatures does not enter. */
export async function netPeriod(deps: BuildDeps, periodId: string): Promise<Result<PeriodNetting>> {
  const signed: SettledStatement[] = [];
  for await (const { state, built, agreementId, provider, consumer } of list(deps.store, settlements, [periodId])) {
    if (state !== "agreed" || built === null) continue;
    const terms = await termsOf(deps, agreementId);
    if (!terms.ok) return terms;
    signed.push({ statement: JSON.parse(built.text) as Statement, terms: terms.value, provider, consumer });
  }
  return attempt(() => {
    const { positions, payments } = nettingOf(signed);
    return {
      positions: positions.map(({ regionId, fen }) => ({ regionId, fen: fen.toString() })),
      payments: payments.map(({ from, to, fen }) => ({ from, to, fen: fen.toString() })),
    };
  });
}
