import type { Content, TableCell } from "pdfmake";
import { clock, type Names, schemeName } from "./labels.ts";
import type { ReportModel, SignedStatement } from "./model.ts";
import { quantity, unitPrice, yuan } from "./money.ts";
import { lineSteps, partyWords } from "./pdf-derivation.ts";
import { bmp, facts, figureSize, head, heading, MUTED, note, number, table, title, word } from "./pdf-parts.ts";
import { verificationCode } from "./verification-code.ts";
import { disputeWords } from "./xlsx-adjustments.ts";

/** More lines than a person reads on paper; all of them are in the XLSX and CSV. */
const MAX_LINES = 2_000;

/** One statement: its lines, how they became shares and why, what moved or waits, who signed. */
export function statementPages(one: SignedStatement, names: Names, model: ReportModel): Content[] {
  const { pdf } = names.words;
  const { result, receiptCount } = one.statement;
  const lines = result.lines.slice(0, MAX_LINES);
  const left = result.lines.length - lines.length;
  const derivations = model.derivations.filter(({ agreementId }) => agreementId === one.agreementId);
  const about = pdf.about(
    names.region(one.provider),
    names.region(one.consumer),
    schemeName(names.words, one.scheme),
    quantity(receiptCount),
  );
  return [
    title(`${one.entryName} (${one.agreementId})`, 13),
    { text: bmp(about), color: MUTED },
    heading(pdf.lines),
    lineTable(lines, names),
    ...(left > 0 ? [note(pdf.moreLines(left))] : []),
    heading(pdf.steps),
    lineSteps(lines, names),
    ...(derivations.length === 0 ? [] : [heading(pdf.derivation), ...partyWords(derivations, names)]),
    heading(pdf.adjustments),
    adjustments(one, names),
    ...disputes(one, names, model),
    // On one page, so that digests and signatures can be read side by side.
    { stack: [heading(pdf.signatures), evidence(one, names, model), ...boxes(one, names)], unbreakable: true },
  ];
}

function lineTable(lines: SignedStatement["statement"]["result"]["lines"], { words, product }: Names): Content {
  const { columns: c } = words;
  const figures = lines.map((line) => [
    quantity(line.quantity),
    quantity(line.billableQuantity),
    unitPrice(line.effectivePriceMicro),
    yuan(line.amountFen),
    yuan(line.taxFen),
    yuan(line.keptFen),
  ]);
  const rows = lines.map((line, i): TableCell[] => [
    word(product(line.productId)),
    word(line.lineId.split("/").at(-1) ?? ""),
    ...(figures[i] ?? []).map((figure) => number(figure)),
  ]);
  const labels = [c.quantity, c.billable, c.price, c.amountYuan, c.tax, c.kept];
  const heads = [head(c.product), head(c.usagePeriod), ...labels.map((label) => head(label, true))];
  return table(["*", "auto", ...labels.map(() => "auto" as const)], heads, rows, figureSize(figures));
}

function adjustments({ statement: { result } }: SignedStatement, names: Names): Content {
  const { pdf, adjustments: t, columns, totals: sums } = names.words;
  const { deferred, compensation, costs, carry, fund } = result;
  const rows: [string, string][] = [
    ...result.adjustments.map(({ partyId, fen }): [string, string] => [
      `${t.guarantee} · ${names.party(partyId)}`,
      yuan(fen),
    ]),
    [sums.opening, yuan(deferred.openingFen)],
    [sums.released, yuan(deferred.releasedFen)],
    [sums.added, yuan(deferred.addedFen)],
    [sums.closing, yuan(deferred.closingFen)],
    [pdf.compensation, `${yuan(compensation.claimedFen)} / ${yuan(compensation.unpaidFen)}`],
    ...costs.map(({ costId, claimFen, paidFen }): [string, string] => [
      pdf.cost(costId),
      `${yuan(claimFen)} / ${yuan(paidFen)}`,
    ]),
    ...carry.unpaidCosts.map(({ costId, fen }): [string, string] => [t.costCarried(costId), yuan(fen)]),
    ...(fund === null ? [] : [[t.beforeCap, yuan(fund.beforeCapFen)] as [string, string]]),
    [t.shortfall, yuan(result.guaranteeShortfallFen)],
    [t.disputed, yuan(result.disputedFen)],
    [t.cumulative, yuan(carry.cumulativeFen)],
  ];
  return table(
    ["*", 220],
    [head(columns.matter), head(columns.amountYuan, true)],
    rows.map(([what, value]) => [word(what), number(value)]),
  );
}

function disputes(one: SignedStatement, names: Names, model: ReportModel): Content[] {
  const { disputes: t } = names.words;
  const own = model.disputes.filter(({ agreementId }) => agreementId === one.agreementId);
  if (own.length === 0) return [];
  const items = own.map((dispute) => bmp(`${disputeWords(dispute, names)}. ${t.reason}: ${dispute.reason}`));
  return [heading(t.title), { ul: items, fontSize: 8.5 }];
}

function evidence(one: SignedStatement, names: Names, model: ReportModel): Content {
  const t = names.words.evidence;
  const { statement } = one;
  const held = model.evidence.find(({ agreementId }) => agreementId === one.agreementId);
  return facts([
    [t.digest, one.digest],
    [t.code, verificationCode(one.digest)],
    [t.terms, statement.termsDigest],
    [t.declaration, one.declarationDigest ?? "—"],
    [t.carry, statement.openingCarryDigest],
    [t.receiptsRoot, statement.receiptsRoot],
    ...one.signatures.map(({ region, keyId, signature }): [string, string] => [
      t.signature(names.region(region)),
      `${keyId}\n${signature}`,
    ]),
    [t.signedAt, clock(one.signedAt)],
    [t.leaf, held?.leafIndex ?? "—"],
    [t.proof, held?.proof == null ? t.noProof : t.proofElsewhere],
  ]);
}

/** Room for the stamps of those who file it on paper. */
function boxes({ signatures }: SignedStatement, names: Names): Content[] {
  if (signatures.length === 0) return [];
  const cells = signatures.map(
    ({ region }): TableCell => ({
      text: bmp(names.words.pdf.signedFor(names.region(region))),
      color: MUTED,
      margin: [2, 2, 2, 34],
    }),
  );
  return [{ table: { widths: cells.map(() => "*"), body: [cells] }, margin: [0, 10, 0, 0] }];
}
