import { sha256Hex } from "../kernel/digest.ts";
import { accountOf, type LedgerOp, type Normal } from "../ledger/model.ts";
import type { Statement } from "./model.ts";

type Posting = {
  readonly lineId: string;
  readonly step: string;
  readonly debit: string;
  readonly credit: string;
  /** Negative swaps the sides. */
  readonly fen: bigint;
  readonly text: string;
};

/** The ledger operations of a signed statement. Source: the table of settlement.md §13. */
export function postingsOf(statement: Statement, consumerRegion: string, at: string): LedgerOp[] {
  return opsOf(statement, allPostings(statement, consumerRegion), at);
}

/** All that earlier statements parked, when the first of its disputes ends; what is still open is parked anew. */
export function releasesOf(
  statement: Statement,
  parked: readonly { readonly lineId: string; readonly fen: string }[],
  consumerRegion: string,
  at: string,
): LedgerOp[] {
  const { agreementId } = statement;
  const debit = accountOf(agreementId, "dispute");
  const credit = accountOf(`${consumerRegion}:payer`, "receivable");
  const text = `${agreementId} dispute released`;
  const postings = parked.map(({ lineId, fen }) => ({
    lineId,
    step: "released",
    debit,
    credit,
    fen: BigInt(fen),
    text,
  }));
  return opsOf(statement, postings, at);
}

function opsOf({ agreementId, periodId }: Statement, all: readonly Posting[], at: string): LedgerOp[] {
  const postings = all.filter(({ fen }) => fen !== 0n);
  const numbers = new Map<string, number>();
  const posts = postings.map(({ lineId, step, debit, credit, fen, text }): LedgerOp => {
    const place = `settle|${agreementId}|${periodId}|${lineId}|${step}`;
    const n = numbers.get(place) ?? 0;
    numbers.set(place, n + 1);
    const key = `${place}|${n}`;
    const [from, to] = fen < 0n ? [credit, debit] : [debit, credit];
    const amount = (fen < 0n ? -fen : fen).toString();
    return { op: "post", key, id: transferId(key), debit: from, credit: to, amount, periodId, at, text };
  });
  const touched = new Set(postings.flatMap(({ debit, credit }) => [debit, credit]));
  const opens = [...touched].map((account): LedgerOp => ({ op: "ensure", account, normal: normalOf(account) }));
  return [...opens, ...posts];
}

/** The key may be longer than an id; both regions name the same posting alike. */
function transferId(key: string): string {
  return `S-${sha256Hex(key).slice(0, 32)}`;
}

function normalOf(account: string): Normal {
  return /\/(deferred|dispute)\//.test(account) ? "credit" : "none";
}

function allPostings({ agreementId, periodId, result }: Statement, consumerRegion: string): Posting[] {
  const receivable = accountOf(`${consumerRegion}:payer`, "receivable");
  const clearing = accountOf(agreementId, "clearing");
  const deferred = accountOf(agreementId, "deferred");
  const dispute = accountOf(agreementId, "dispute");
  const postings: Posting[] = [];
  for (const line of result.lines) {
    const { lineId, productId } = line;
    const text = `${agreementId} ${productId}`;
    postings.push(
      { lineId, step: "amount", debit: receivable, credit: clearing, fen: BigInt(line.amountFen), text },
      { lineId, step: "parked", debit: receivable, credit: dispute, fen: BigInt(line.disputedFen), text },
      { lineId, step: "deferred", debit: clearing, credit: deferred, fen: BigInt(line.deferredFen), text },
    );
    for (const { partyId, kind, fen } of line.shares) {
      const credit = accountOf(partyId, "payable");
      postings.push({ lineId, step: kind, debit: clearing, credit, fen: BigInt(fen), text: `${text} ${kind}` });
    }
  }
  const lineId = `${agreementId}/~guarantee/${periodId}`;
  for (const { partyId, fen } of result.adjustments) {
    const credit = accountOf(partyId, "payable");
    const text = `${agreementId} guarantee`;
    postings.push({ lineId, step: "guarantee", debit: clearing, credit, fen: BigInt(fen), text });
  }
  return postings;
}
