import type { Result } from "../kernel/exchange-error.ts";
import type { BuildDeps } from "./build.ts";
import { nettingOf } from "./obligations.ts";
import { attempt } from "./refusal.ts";
import { signedStatements } from "./signed-statements.ts";

/** Who pays whom how much, amounts as they go over the wire. */
export type PeriodNetting = {
  readonly positions: readonly { readonly regionId: string; readonly fen: string }[];
  readonly payments: readonly { readonly from: string; readonly to: string; readonly fen: string }[];
};

/** What this node's own signed statements of a period would net to; the plan that regions sign is in the payments room. */
export async function netPeriod(deps: BuildDeps, periodId: string): Promise<Result<PeriodNetting>> {
  const signed = await signedStatements(deps, periodId);
  if (!signed.ok) return signed;
  return attempt(() => {
    const { positions, payments } = nettingOf(signed.value);
    return {
      positions: positions.map(({ regionId, fen }) => ({ regionId, fen: fen.toString() })),
      payments: payments.map(({ from, to, fen }) => ({ from, to, fen: fen.toString() })),
    };
  });
}
