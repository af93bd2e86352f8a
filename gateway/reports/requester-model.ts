import { ok, type Result, refusals } from "../../node/kernel/exchange-error.ts";
import type { Language } from "../../node/kernel/text.ts";
import type { Negotiations } from "../../node/negotiation/service.ts";
import type { DisputeView } from "../../node/settlement/dispute-view.ts";
import type { PlacedReceipt } from "../../node/settlement/insight/read-equation.ts";
import type { Insight } from "../../node/settlement/insight/service.ts";
import type { StatementLine } from "../../node/settlement/model.ts";
import type { SignatureView } from "../../node/settlement/period-view.ts";
import { disputesAbout, lastSigned, type ReportDeps, regionNamesOf, type SignedStatement, signedIn } from "./model.ts";

/**
 * What those who use the data may see of a statement: what their region pays and for what. It is put together from
 * nothing, field by field, instead of taken from the statement and blackened: shares, costs, compensation, the fund,
 * the guaranteed minimum, what is deferred and the terms by which others are paid have no place in it to stand in.
 */
export type RequesterReport = {
  readonly type: "heliu.requester-report.v1";
  readonly language: Language;
  readonly periodId: string;
  readonly region: string;
  readonly regionNames: { readonly [regionId: string]: string };
  readonly signedAt: string;
  readonly agreements: readonly UsedAgreement[];
};

export type UsedAgreement = {
  readonly agreementId: string;
  readonly agreementDigest: string | null;
  readonly entryId: string;
  readonly entryName: string;
  readonly provider: string;
  readonly consumer: string;
  readonly purposes: readonly string[];
  readonly validFrom: string | null;
  readonly validTo: string | null;
  readonly prices: readonly AgreedPrice[];
  readonly statementDigest: string;
  readonly signedAt: string | null;
  readonly signatures: readonly SignatureView[];
  readonly amountFen: string;
  readonly netFen: string;
  readonly taxFen: string;
  /** Of receipts in dispute: not charged until it is decided. */
  readonly disputedFen: string;
  readonly lines: readonly UsedLine[];
  readonly receiptCount: string;
  readonly receipts: readonly UsedReceipt[];
  /** More receipts belong to it than are listed here. */
  readonly hasMoreReceipts: boolean;
  readonly disputes: readonly UsedDispute[];
};

export type AgreedPrice = {
  readonly productId: string;
  readonly metric: string;
  readonly unitPriceMicro: string;
  readonly per: string;
  readonly capPriceMicro: string | null;
};
export type UsedLine = Pick<
  StatementLine,
  | ("lineId" | "productId" | "quantity" | "billableQuantity" | "effectivePriceMicro")
  | ("amountFen" | "netFen" | "taxFen" | "disputedFen")
> & { readonly freeQuantity: string };
export type UsedReceipt = {
  readonly receiptId: string;
  readonly seq: string;
  readonly productId: string;
  readonly usagePeriodId: string;
  readonly purposeClass: string;
  readonly kind: string;
  readonly quantity: string;
  readonly transferId: string;
  readonly endedAt: string;
  readonly bin: PlacedReceipt["bin"];
};
export type UsedDispute = {
  readonly id: string;
  readonly state: "open" | "upheld" | "rejected" | "withdrawn";
  readonly openedBy: string;
  readonly receipts: string;
  readonly until: string | null;
};

export type RequesterDeps = Pick<ReportDeps, "config" | "trust" | "settlements"> & {
  readonly negotiations: Pick<Negotiations, "agreement">;
  readonly insight: Pick<Insight, "receipts">;
};

const refuse = refusals({ REPORT_NOTHING_USED: "not-found" });
/** More than a person looks through; the API lists all of them. */
const MAX_RECEIPTS = 5_000;

export async function requesterReportOf(
  deps: RequesterDeps,
  periodId: string,
  agreementId?: string,
  language: Language = "zh",
): Promise<Result<RequesterReport>> {
  const found = await usedIn(deps, periodId, agreementId);
  if (!found.ok) return found;
  const used = found.value;
  const { id: region } = deps.config.region;
  const disputes = await deps.settlements.disputes();
  return ok({
    type: "heliu.requester-report.v1",
    ...{ language, periodId, region },
    regionNames: namesOfSides(regionNamesOf(deps, used), used),
    signedAt: lastSigned(used),
    agreements: await Promise.all(used.map((one) => usedAgreement(deps, one, disputes))),
  });
}

/** The signed statements that this region pays. */
export async function usedIn(
  deps: Pick<ReportDeps, "config" | "settlements">,
  periodId: string,
  agreementId: string | undefined,
): Promise<Result<readonly SignedStatement[]>> {
  const signed = await signedIn(deps, periodId, agreementId);
  if (!signed.ok) return signed;
  const used = signed.value.filter(({ consumer }) => consumer === deps.config.region.id);
  return used.length === 0 ? nothingUsed(periodId) : ok(used);
}

/** Regions that are only paid by the terms are none of a requester's business. */
function namesOfSides(names: RequesterReport["regionNames"], used: readonly SignedStatement[]) {
  const sides = new Set(used.flatMap(({ provider, consumer }) => [provider, consumer]));
  return Object.fromEntries(Object.entries(names).filter(([region]) => sides.has(region)));
}

async function usedAgreement(
  deps: RequesterDeps,
  one: SignedStatement,
  disputes: readonly DisputeView[],
): Promise<UsedAgreement> {
  const { agreementId, periodId, entryId, entryName, provider, consumer, statement } = one;
  const found = await deps.negotiations.agreement(agreementId);
  const agreement = found.ok ? found.value : undefined;
  const page = await deps.insight.receipts(periodId, agreementId, { limit: MAX_RECEIPTS });
  const lines = statement.result.lines.filter(({ productId }) => !productId.startsWith("~")).map(usedLine);
  const sum = (of: (line: UsedLine) => string) => lines.reduce((all, line) => all + BigInt(of(line)), 0n).toString();
  const sides = new Set([provider, consumer]);
  return {
    ...{ agreementId, entryId, entryName, provider, consumer, lines },
    agreementDigest: agreement?.digest ?? null,
    purposes: agreement?.terms.purposes ?? [],
    validFrom: agreement?.terms.validFrom ?? null,
    validTo: agreement?.terms.validTo ?? null,
    prices: (agreement?.terms.price?.products ?? []).map(
      ({ productId, metric, unitPriceMicro, per, capPriceMicro }) => ({
        ...{ productId, metric, unitPriceMicro, per: per ?? "1", capPriceMicro: capPriceMicro ?? null },
      }),
    ),
    statementDigest: one.digest,
    signedAt: one.signedAt,
    signatures: one.signatures.filter(({ region }) => sides.has(region)),
    amountFen: sum(({ amountFen }) => amountFen),
    netFen: sum(({ netFen }) => netFen),
    taxFen: sum(({ taxFen }) => taxFen),
    disputedFen: sum(({ disputedFen }) => disputedFen),
    receiptCount: statement.receiptCount,
    receipts: page.ok ? page.value.items.map(usedReceipt) : [],
    hasMoreReceipts: page.ok && page.value.next !== null,
    disputes: disputesAbout(disputes, [one]).map(({ id, state, openedBy, receiptIds, deadline }) => ({
      ...{ id, state, openedBy, receipts: String(receiptIds.length), until: deadline?.until ?? null },
    })),
  };
}

function usedLine(line: StatementLine): UsedLine {
  const { lineId, productId, quantity, billableQuantity, effectivePriceMicro } = line;
  const { amountFen, netFen, taxFen, disputedFen } = line;
  return {
    ...{ lineId, productId, quantity, billableQuantity, effectivePriceMicro },
    ...{ amountFen, netFen, taxFen, disputedFen },
    freeQuantity: (BigInt(quantity) - BigInt(billableQuantity)).toString(),
  };
}

function usedReceipt({ receipt: { core }, productId, usagePeriodId, quantity, bin }: PlacedReceipt): UsedReceipt {
  const { receiptId, seq, purposeClass, kind, transferId, endedAt } = core;
  return { receiptId, seq, productId, usagePeriodId, purposeClass, kind, quantity, transferId, endedAt, bin };
}

function nothingUsed(periodId: string) {
  return refuse(
    "REPORT_NOTHING_USED",
    {
      zh: `本地区在 ${periodId} 没有作为使用方已签署的结算单;提供方的报表请由财务人员以 view=bureau 取得。`,
      en: `This region has used nothing under a signed statement of ${periodId}; finance gets the provider's report with view=bureau.`,
    },
    { periodId },
  );
}
