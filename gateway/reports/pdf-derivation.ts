import type { Content, TableCell } from "pdfmake";
import type { StatementLine } from "../../node/settlement/model.ts";
import { KINDS, type Names, productName } from "./labels.ts";
import { yuan } from "./money.ts";
import { bmp, number, table, word } from "./pdf-parts.ts";

const STEPS = ["fund", "compensation", "cost", "benefit"] as const;

/** For each line, how its amount became the shares: the steps of the agreement in their order. */
export function derivation(lines: readonly StatementLine[], names: Names): Content {
  const rows = lines.flatMap((line) => lineSteps(line, names));
  const heads: TableCell[] = [
    headCell("产品 / 步骤"),
    headCell("参与方"),
    headCell("金额(元)", true),
    headCell("余额(元)", true),
  ];
  return table([150, "*", 90, 90], heads, rows);
}

function lineSteps(line: StatementLine, names: Names): TableCell[][] {
  let left = BigInt(line.amountFen);
  const rows: TableCell[][] = [
    [word(productName(line.productId), true), word("应收金额"), number(yuan(left)), number(yuan(left))],
  ];
  const step = (label: string, who: string, fen: bigint) => {
    left -= fen;
    rows.push([word(label), word(who), number(yuan(-fen)), number(yuan(left))]);
  };
  const deferred = BigInt(line.deferredFen);
  if (deferred > 0n) step("减:递延(超最高准许收入)", "", deferred);
  if (deferred < 0n) step("加:释放以前递延", "", deferred);
  for (const kind of STEPS) {
    for (const share of line.shares) {
      if (share.kind === kind) step(`付:${KINDS[kind]}`, names.party(share.partyId), BigInt(share.fen));
    }
  }
  return rows;
}

function headCell(label: string, isNumber = false): TableCell {
  return { text: bmp(label), bold: true, alignment: isNumber ? "right" : "left", fillColor: "#e8eef6" };
}
