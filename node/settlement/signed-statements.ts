import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Store } from "../storage/port.ts";
import { list, parts } from "../storage/transact.ts";
import { type BuildDeps, termsOf } from "./build.ts";
import type { Statement } from "./model.ts";
import type { SettledStatement } from "./obligations.ts";
import type { Settlement } from "./process-model.ts";
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

/**
 * This node's signed statements, of one period or of all but some, which are not read; one without both signatures is not
 * among them.
 */
export async function signedStatements(
  deps: BuildDeps,
  periodId?: string,
  without: ReadonlySet<string> = new Set(),
): Promise<Result<SignedStatement[]>> {
  const signed: SignedStatement[] = [];
  for await (const { state, built, signedAt, ...one } of settlementsOf(deps.store, periodId, without)) {
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

async function* settlementsOf(
  store: Store,
  periodId: string | undefined,
  without: ReadonlySet<string>,
): AsyncGenerator<Settlement> {
  if (periodId !== undefined) yield* list(store, settlements, [periodId]);
  if (periodId !== undefined) return;
  for await (const month of parts(store, settlements)) {
    if (!without.has(month)) yield* list(store, settlements, [month]);
  }
}
