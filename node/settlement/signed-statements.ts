import { ok, type Result } from "../kernel/exchange-error.ts";
import { list } from "../storage/transact.ts";
import { type BuildDeps, termsOf } from "./build.ts";
import type { Statement } from "./model.ts";
import type { SettledStatement } from "./obligations.ts";
import { settlements } from "./store.ts";

/** A statement with both signatures, with what says who owes whom after it. */
export type SignedStatement = SettledStatement & {
  readonly agreementId: string;
  readonly periodId: string;
  readonly entryName: string;
  readonly digest: string;
  readonly peer: string;
  readonly signedAt: string;
};

/** This node's signed statements, of one period or of all; one without both signatures is not among them. */
export async function signedStatements(deps: BuildDeps, periodId?: string): Promise<Result<SignedStatement[]>> {
  const signed: SignedStatement[] = [];
  const under = periodId === undefined ? [] : [periodId];
  for await (const { state, built, signedAt, ...one } of list(deps.store, settlements, under)) {
    if (state !== "agreed" || built === null || signedAt === null) continue;
    const terms = await termsOf(deps, one.agreementId);
    if (!terms.ok) return terms;
    const { agreementId, entryName, provider, consumer, peer } = one;
    const about = { agreementId, periodId: one.periodId, entryName, provider, consumer, peer };
    const statement = JSON.parse(built.text) as Statement;
    signed.push({ ...about, digest: built.digest, signedAt, statement, terms: terms.value });
  }
  return ok(signed);
}
