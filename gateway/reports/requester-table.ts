import { text } from "./csv.ts";
import type { RequesterReport, UsedLine } from "./requester-model.ts";

const HEADER =
  "periodId,agreementId,lineId,productId,quantity,freeQuantity,billableQuantity,effectivePriceMicro,amountFen,netFen,taxFen,disputedFen";

/** The report as data: what it is made of is what may be seen. */
export function requesterJson({ language: _, ...report }: RequesterReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** One row per line that this region pays. */
export function requesterCsv({ periodId, agreements }: RequesterReport): string {
  const row = (agreementId: string, line: UsedLine) =>
    [
      ...[text(periodId), text(agreementId), text(line.lineId), text(line.productId)],
      ...[line.quantity, line.freeQuantity, line.billableQuantity, line.effectivePriceMicro],
      ...[line.amountFen, line.netFen, line.taxFen, line.disputedFen],
    ].join(",");
  const rows = agreements.flatMap(({ agreementId, lines }) => lines.map((line) => row(agreementId, line)));
  return `\uFEFF${[HEADER, ...rows].join("\r\n")}\r\n`;
}
