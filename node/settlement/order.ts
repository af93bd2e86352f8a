import { msOf, nextPeriod, periodOf } from "../kernel/instant.ts";
import { ledgerHead } from "../ledger/store.ts";
import type { Store } from "../storage/port.ts";
import { list, read } from "../storage/transact.ts";
import { type ProcessDeps, settlementRef } from "./process.ts";
import type { Settlement } from "./process-model.ts";
import { agreementBooks, settlements } from "./store.ts";

/** An agreement lasts some years; a peer that names a period further away is not walked after. */
const MAX_MONTHS = 240;

/** First month in which an agreement can have anything to settle. */
export async function firstPeriod(deps: ProcessDeps, agreementId: string): Promise<string | undefined> {
  const agreement = await deps.agreements.find(agreementId);
  return agreement === undefined ? undefined : periodOf(msOf(agreement.signedAt));
}

/**
 * The earliest period of the agreement that is on its way before this one. It comes first: two at once would start from
 * the same carry, and only one of them could be posted.
 */
export async function earlierOnItsWay(
  deps: ProcessDeps,
  agreementId: string,
  periodId: string,
): Promise<Settlement | undefined> {
  const { lastPeriod = "" } = (await read(deps.store, agreementBooks.at(agreementId))) ?? {};
  const from = lastPeriod === "" ? await firstPeriod(deps, agreementId) : nextPeriod(lastPeriod);
  return firstOnItsWay(deps, agreementId, from ?? periodId, periodId);
}

/** The next period of the agreement that waits for this one, or that has overtaken it. */
export function laterOnItsWay(
  deps: ProcessDeps,
  agreementId: string,
  periodId: string,
): Promise<Settlement | undefined> {
  const end = nextPeriod(nextPeriod(periodOf(deps.runtime.nowMs())));
  return firstOnItsWay(deps, agreementId, nextPeriod(periodId), end);
}

/**
 * Every settlement that is not done, oldest first: not signed by all, or with receipts still to be marked. Signed ones stay
 * for years and are large; in a period that the ledger has closed all are done, and none is read again.
 */
export async function* onTheirWay(store: Store): AsyncGenerator<Settlement> {
  const { closedThrough = "" } = (await read(store, ledgerHead)) ?? {};
  const later = closedThrough === "" ? {} : { after: [nextPeriod(closedThrough)] };
  for await (const one of list(store, settlements, [], later)) if (one.state !== "agreed" || one.isMarking) yield one;
}

async function firstOnItsWay(
  { store }: ProcessDeps,
  agreementId: string,
  from: string,
  before: string,
): Promise<Settlement | undefined> {
  let months = 0;
  for (let period = from; period < before && months < MAX_MONTHS; period = nextPeriod(period), months++) {
    const found = await read(store, settlementRef({ agreementId, periodId: period }));
    if (found !== undefined && found.state !== "agreed") return found;
  }
  return undefined;
}
