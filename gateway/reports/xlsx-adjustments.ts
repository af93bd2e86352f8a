import { clock, type Names } from "./labels.ts";
import type { ReportDispute, SignedStatement } from "./model.ts";
import type { Cell, Column } from "./xlsx-book.ts";
import { workingCell, yuanCell } from "./xlsx-fen.ts";

/** Where the columns stand that other sheets add up. */
export const ADJUSTED = { matter: "C", party: "D", working: "H" } as const;

export function adjustmentColumns({ words: { columns: c } }: Names): Column[] {
  return [
    { header: c.period, width: 10 },
    { header: c.agreement, width: 28 },
    { header: c.matter, width: 40 },
    { header: c.party, width: 22 },
    { header: c.name, width: 20 },
    { header: c.amountYuan, width: 24, form: "yuan" },
    { header: c.amountFen, width: 20, form: "fen" },
    { header: c.working(c.amountFen), width: 16, form: "working" },
    { header: c.says, width: 40, form: "long" },
  ];
}

/** What moved between parties, what is deferred, carried or parked, and the disputes behind that. */
export function adjustmentRows(
  statements: readonly SignedStatement[],
  disputes: readonly ReportDispute[],
  names: Names,
): Cell[][] {
  const rows: Cell[][] = [];
  for (const one of statements) {
    for (const { what, fen, partyId = "" } of mattersOf(one, names)) {
      const row = rows.length + 2;
      const name = partyId === "" ? "" : names.party(partyId);
      const amounts = [yuanCell(fen, `H${row}`), fen, workingCell(fen, `G${row}`)];
      rows.push([one.periodId, one.entryName, what, partyId, name, ...amounts, ""]);
    }
  }
  const entry = (agreementId: string) => statements.find((one) => one.agreementId === agreementId)?.entryName ?? "";
  for (const dispute of disputes) {
    const start = [dispute.periodId, entry(dispute.agreementId), disputeWords(dispute, names), "", ""];
    rows.push([...start, null, null, null, dispute.reason]);
  }
  return rows;
}

export function disputeWords(dispute: ReportDispute, { words, region }: Names): string {
  const { id, state, openedBy, receiptIds, deadline } = dispute;
  const until = deadline?.until == null ? "" : clock(deadline.until);
  return words.disputes.line(id, words.disputes.states[state], region(openedBy), String(receiptIds.length), until);
}

type Matter = { readonly what: string; readonly fen: string; readonly partyId?: string };

function mattersOf({ statement }: SignedStatement, { words: { adjustments: t } }: Names): Matter[] {
  const { adjustments, deferred, compensation, costs, fund, guaranteeShortfallFen, disputedFen, carry } =
    statement.result;
  return [
    ...adjustments.map(({ partyId, fen }) => ({ what: t.guarantee, fen, partyId })),
    { what: t.opening, fen: deferred.openingFen },
    { what: t.released, fen: deferred.releasedFen },
    { what: t.added, fen: deferred.addedFen },
    { what: t.closing, fen: deferred.closingFen },
    { what: t.claimed, fen: compensation.claimedFen },
    { what: t.unpaid, fen: compensation.unpaidFen },
    ...costs.flatMap(({ costId, claimFen, paidFen }) => [
      { what: t.costClaim(costId), fen: claimFen },
      { what: t.costPaid(costId), fen: paidFen },
    ]),
    ...carry.unpaidCosts.map(({ costId, fen }) => ({ what: t.costCarried(costId), fen })),
    ...(fund === null ? [] : [{ what: t.beforeCap, fen: fund.beforeCapFen }]),
    { what: t.shortfall, fen: guaranteeShortfallFen },
    { what: t.disputed, fen: disputedFen },
    { what: t.cumulative, fen: carry.cumulativeFen },
  ];
}
