import type { Content, TableCell } from "pdfmake";
import type { PartyDerivation } from "../../node/settlement/insight/derivation.ts";
import type { StatementLine } from "../../node/settlement/model.ts";
import type { Names } from "./labels.ts";
import { yuan } from "./money.ts";
import { bmp, head, note, number, table, word } from "./pdf-parts.ts";

const STEPS = ["fund", "compensation", "cost", "benefit"] as const;
/** More sentences than a person reads on paper; `heliu settle derive` has all of them. */
const MAX_PARTS = 200;

/** For each line, how its amount became the shares: the steps of the agreement in their order. */
export function lineSteps(lines: readonly StatementLine[], names: Names): Content {
  const { columns } = names.words;
  const rows = lines.flatMap((line) => stepsOf(line, names));
  const heads = [head(columns.step), head(columns.party), head(columns.amountYuan, true), head(columns.left, true)];
  return table([150, "*", 108, 108], heads, rows);
}

function stepsOf(line: StatementLine, names: Names): TableCell[][] {
  const { pdf } = names.words;
  let left = BigInt(line.amountFen);
  const rows: TableCell[][] = [
    [word(names.product(line.productId), true), word(pdf.due), number(yuan(left)), number(yuan(left))],
  ];
  const step = (label: string, who: string, fen: bigint) => {
    left -= fen;
    rows.push([word(label), word(who), number(yuan(-fen)), number(yuan(left))]);
  };
  const deferred = BigInt(line.deferredFen);
  if (deferred > 0n) step(pdf.defer, "", deferred);
  if (deferred < 0n) step(pdf.release, "", deferred);
  for (const kind of STEPS) {
    for (const share of line.shares) {
      if (share.kind === kind) step(pdf.pay(names.kind(kind)), names.party(share.partyId), BigInt(share.fen));
    }
  }
  return rows;
}

/** Why each party has the fen it has, in sentences: of what, by which rule, and who got the odd fen. */
export function partyWords(derivations: readonly PartyDerivation[], names: Names): Content[] {
  const { language, words } = names;
  let left = MAX_PARTS;
  const told = derivations.flatMap(({ partyId, text, parts, adjustment }): Content[] => {
    const shown = parts.slice(0, left);
    left -= shown.length;
    const sentences = [
      ...shown.map((part) => part.text[language]),
      ...(adjustment === null ? [] : [adjustment.text[language]]),
    ];
    return [
      { text: bmp(`${names.party(partyId)} · ${text[language]}`), bold: true, margin: [0, 5, 0, 1], headlineLevel: 2 },
      ...(sentences.length === 0 ? [] : [{ ul: sentences.map(bmp), fontSize: 8.5, margin: [4, 0, 0, 0] } as Content]),
    ];
  });
  const rest = derivations.reduce((sum, { parts }) => sum + parts.length, 0) - MAX_PARTS;
  return rest > 0 ? [...told, note(words.pdf.moreParts(rest))] : told;
}
