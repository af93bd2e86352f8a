import type { StatementLine } from "../../node/settlement/model.ts";
import { roleOf } from "./labels.ts";
import type { ReportModel, SignedStatement } from "./model.ts";

const HEADER =
  "periodId,lineId,productId,quantity,billableQuantity,effectivePriceMicro,amountFen,netFen,taxFen,deferredFen,keptFen,partyId,role,kind,fen";

/** One row per share. UTF-8 with BOM and CRLF, because it is opened in spreadsheets. Source: settlement.md §14. */
export function renderCsv({ statements }: ReportModel): string {
  const rows = statements.flatMap((one) => [
    ...one.statement.result.lines.flatMap((line) => lineRows(one, line)),
    ...adjustmentRows(one),
  ]);
  return `\uFEFF${[HEADER, ...rows].join("\r\n")}\r\n`;
}

function lineRows(one: SignedStatement, line: StatementLine): string[] {
  const start = [
    text(one.periodId),
    text(line.lineId),
    text(line.productId),
    line.quantity,
    line.billableQuantity,
    line.effectivePriceMicro,
    line.amountFen,
    line.netFen,
    line.taxFen,
    line.deferredFen,
    line.keptFen,
  ];
  if (line.shares.length === 0) return [[...start, "", "", "", ""].join(",")];
  return line.shares.map(({ partyId, kind, fen }) =>
    [...start, text(partyId), text(roleOf(one, partyId)), text(kind), fen].join(","),
  );
}

/** Moves between parties belong to no product; the line's columns stay empty. */
function adjustmentRows(one: SignedStatement): string[] {
  const { agreementId, periodId } = one;
  const lineId = `${agreementId}/~guarantee/${periodId}`;
  return one.statement.result.adjustments.map(({ partyId, fen }) => {
    const start = [text(periodId), text(lineId), "~guarantee", "", "", "", "", "", "", "", ""];
    return [...start, text(partyId), text(roleOf(one, partyId)), "adjustment", fen].join(",");
  });
}

/** RFC 4180, and an apostrophe before what a spreadsheet would take for a formula. Columns of digits never get one. */
export function text(value: string): string {
  const safe = /^[=+\-@\t]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
