import { ok, type Result } from "../../node/kernel/exchange-error.ts";
import { chinaDateOf, msOf } from "../../node/kernel/instant.ts";
import { type LedgerTransfer, partsOf } from "../../node/ledger/model.ts";
import type { Ledger } from "../../node/ledger/service.ts";
import type { JournalTransfer } from "../../node/settlement/journal.ts";
import { type ReportDeps, signedIn } from "./model.ts";
import { usedIn } from "./requester-model.ts";

/** What a plain-text journal is written from: it asserts balances, so it needs the ledger from its first posting on. */
export type JournalModel = {
  readonly region: string;
  readonly periodId: string;
  readonly transfers: readonly JournalTransfer[];
};

export type JournalDeps = Pick<ReportDeps, "config" | "settlements"> & { readonly ledger: Pick<Ledger, "transfers"> };

const PAGE = 1_000;

/** The ledger up to the end of the period, or what concerns one agreement in it. */
export async function journalOf(
  deps: JournalDeps,
  periodId: string,
  agreementId?: string,
): Promise<Result<JournalModel>> {
  const signed = await signedIn(deps, periodId, agreementId);
  return signed.ok ? ok(await journalFrom(deps, periodId, agreementId, () => true)) : signed;
}

/** Of that, the postings on the account of this region's payer alone. */
export async function requesterJournalOf(
  deps: JournalDeps,
  periodId: string,
  agreementId?: string,
): Promise<Result<JournalModel>> {
  const used = await usedIn(deps, periodId, agreementId);
  if (!used.ok) return used;
  const payer = `${deps.config.region.id}:payer`;
  return ok(await journalFrom(deps, periodId, agreementId, (one) => partiesOf(one).includes(payer)));
}

async function journalFrom(
  { config, ledger }: JournalDeps,
  periodId: string,
  agreementId: string | undefined,
  isWanted: (transfer: LedgerTransfer) => boolean,
): Promise<JournalModel> {
  const transfers: JournalTransfer[] = [];
  let after: string | undefined;
  do {
    const page = await ledger.transfers({ after, limit: PAGE });
    for (const transfer of page.items) {
      const isOf = agreementId === undefined || concerns(transfer, agreementId);
      if (transfer.periodId <= periodId && isOf && isWanted(transfer)) transfers.push(journalTransfer(transfer));
    }
    after = page.next ?? undefined;
  } while (after !== undefined);
  return { region: config.region.id, periodId, transfers };
}

/** Every posting of a statement has the agreement's own account on one side, or its id first in the text. */
function concerns(transfer: LedgerTransfer, agreementId: string): boolean {
  return partiesOf(transfer).includes(agreementId) || transfer.text.split(" ")[0] === agreementId;
}

function partiesOf({ debit, credit }: Pick<LedgerTransfer, "debit" | "credit">): string[] {
  return [debit, credit].map((account) => partsOf(account).partyId);
}

function journalTransfer({ id, debit, credit, amount, text, periodId, state, at }: LedgerTransfer): JournalTransfer {
  return { id, date: chinaDateOf(msOf(at)), debit, credit, amount, text, periodId, state };
}
