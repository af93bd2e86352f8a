import type { Result } from "../kernel/exchange-error.ts";
import { list } from "../storage/transact.ts";
import { type BuildDeps, termsOf } from "./build.ts";
import type { Statement } from "./model.ts";
import type { NettingPlan } from "./netting.ts";
import { nettingOf, type SettledStatement } from "./obligations.ts";
import { attempt } from "./refusal.ts";
import { settlements } from "./store.ts";

/** The plan over this node's signed statements of a period; a statement without both signatures does not enter. */
export async function netPeriod(deps: BuildDeps, periodId: string): Promise<Result<NettingPlan>> {
  const signed: SettledStatement[] = [];
  for await (const { state, built, agreementId, provider, consumer } of list(deps.store, settlements, [periodId])) {
    if (state !== "agreed" || built === null) continue;
    const terms = await termsOf(deps, agreementId);
    if (!terms.ok) return terms;
    signed.push({ statement: JSON.parse(built.text) as Statement, terms: terms.value, provider, consumer });
  }
  return attempt(() => nettingOf(signed));
}
