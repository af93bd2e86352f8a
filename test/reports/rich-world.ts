import { type ReportModel, reportModelOf } from "../../gateway/reports/model.ts";
import { mustSucceed, ok } from "../../node/kernel/exchange-error.ts";
import { silentLogger } from "../../node/kernel/logger.ts";
import { noMetrics } from "../../node/kernel/metrics.ts";
import type { Language } from "../../node/kernel/text.ts";
import { createLedger } from "../../node/ledger/service.ts";
import type { HeldReceipt, ReceiptCore } from "../../node/metering/model.ts";
import { coreDigestOf, signCore } from "../../node/metering/receipt.ts";
import { createMetering } from "../../node/metering/service.ts";
import { unknownAgreement } from "../../node/negotiation/refusal.ts";
import { findAgreement, putAgreement } from "../../node/negotiation/store.ts";
import type { SettlementTerms } from "../../node/policy/settlement-terms.ts";
import { createInsight } from "../../node/settlement/insight/service.ts";
import { agreementsIn, receiptsIn } from "../../node/settlement/sources.ts";
import { transact } from "../../node/storage/transact.ts";
import {
  AGR_7,
  agreementOf,
  CONSUMER,
  finance,
  holdBoth,
  PROVIDER,
  type Region,
  receiptChain,
  signerOf,
  THIRD,
  twoRegions,
  type Used,
  type World,
} from "../settlement/two-regions.ts";

const TERMS: SettlementTerms = JSON.parse(
  JSON.stringify(AGR_7).replaceAll('"500000:storage"', '"440100:storage"').replaceAll('"510100:fund"', '"440100:fund"'),
);

/** The worked example at the edge of what figures may be: storage and fund in a third region, up to 10^15 fen. */
export const RICH_TERMS: SettlementTerms = {
  ...TERMS,
  parties: TERMS.parties.map((one) => (one.partyId === "440100:storage" ? { ...one, regionId: THIRD } : one)),
  maxRevenueFen: "600000000000000",
  guarantee: { floors: [{ partyId: "440100:storage", fen: "100000000000000" }], onInfeasible: "scale" },
};

/** September comes to 1.2 × 10^15 fen, more than a spreadsheet can write as a number. */
const SEPTEMBER: Used = {
  productId: "elevator-1",
  usage: { calls: "100000000000000" },
  at: "2026-09-05T08:00:00.000Z",
};
/** Taken back after September is signed: October's statement has a negative line. */
const TAKEN_BACK: Used = { ...SEPTEMBER, usage: { calls: "-40000000000000" }, at: "2026-09-30T08:00:00.000Z" };
/** October: a line of 10^15 fen exactly, free use in the public interest, and one receipt in dispute. */
const OCTOBER: readonly Used[] = [
  { productId: "weather-2", usage: { rows: "6666666666666667" }, at: "2026-10-05T08:00:00.000Z" },
  { productId: "elevator-1", usage: { calls: "33333333333333" }, at: "2026-10-06T08:00:00.000Z" },
  {
    ...{ productId: "elevator-1", usage: { calls: "2000" }, at: "2026-10-07T08:00:00.000Z" },
    purposeClass: "public-interest",
  },
  { productId: "weather-2", usage: { rows: "333333" }, at: "2026-10-12T08:00:00.000Z" },
];

/** Signed anew as a correction of what it takes back; the last of its chain. */
function correction(held: HeldReceipt, corrects: string): HeldReceipt {
  const core: ReceiptCore = { ...held.core, kind: "correction", corrects };
  return {
    ...held,
    core,
    coreDigest: coreDigestOf(core),
    providerSignature: signCore(signerOf(PROVIDER), core),
    consumerSignature: signCore(signerOf(CONSUMER), core),
  };
}

/** Three regions that have settled September and October of one agreement. */
export async function richWorld(): Promise<World> {
  const world = await twoRegions({ terms: [RICH_TERMS] });
  const third = await world.open(THIRD);
  const agreement = { ...agreementOf(RICH_TERMS, "provider"), role: "witness-party", peer: PROVIDER } as const;
  await transact(third.store, [], (tx) => ok(putAgreement(tx, undefined, agreement)));
  const chain = receiptChain("AGR-7", [SEPTEMBER, ...OCTOBER, TAKEN_BACK]);
  const [september, ...later] = chain as [HeldReceipt, ...HeldReceipt[]];
  const takenBack = correction(later.pop() as HeldReceipt, september.core.receiptId);
  await holdBoth(world, [september]);
  await closeAll(world, "2026-09", {});
  await holdBoth(world, [...later, takenBack]);
  const disputed = later[3]?.core.receiptId ?? "";
  const about = { agreementId: "AGR-7", periodId: "2026-10", receiptIds: [disputed], reason: "行数与日志不符" };
  mustSucceed(await world.provider().settlements.openDispute(finance(PROVIDER), about));
  await closeAll(world, "2026-10", { maxRevenueFen: "1000000000000000" });
  return world;
}

async function closeAll(world: World, periodId: string, revenue: object) {
  const close = async ({ region, settlements }: Region, figures: object) =>
    mustSucceed(await settlements.close(finance(region), periodId, { declarations: { "AGR-7": figures } } as object));
  const storage = { resources: [{ partyId: "440100:storage", resource: "gb-month", quantity: "120" }] };
  await close(world.regions.get(THIRD) as Region, storage);
  await close(world.provider(), { costs: [{ costId: "cleaning", declaredFen: "36000" }], ...revenue });
  await close(world.consumer(), {});
  await world.quiet();
}

const NAMES = new Map([
  [PROVIDER, "成都市"],
  [CONSUMER, "重庆市"],
  [THIRD, "广州市"],
]);

/** What a node's report is made from, as composing a node puts it together. */
export function reportDepsOf(world: World, region: Region) {
  const { store, settlements, region: id } = region;
  const runtime = {
    nowMs: () => world.clock.nowMs,
    randomBytes: (size: number) => Buffer.alloc(size, 7),
    failPoint: () => {},
  };
  const insight = createInsight({
    ...{ store, runtime, scheduler: { after: () => () => {} }, logger: silentLogger, metrics: noMetrics, region: id },
    agreements: agreementsIn(store),
    receipts: receiptsIn(store),
    disclosed: {
      regionName: NAMES.get(id) ?? id,
      authorisations: () => [],
      entry: async () => undefined,
      due: () => ({ monthDay: "03-31", rule: "cn-national/disclosure.annualDueMonthDay", verified: true }),
    },
  });
  return {
    config: { region: { id, name: NAMES.get(id) ?? id } },
    trust: { region: (one: string) => ({ name: NAMES.get(one) }) as never },
    ...{ settlements, insight, ledger: createLedger({ store }), metering: createMetering({ store }) },
    negotiations: {
      agreement: async (agreementId: string) => {
        const found = await findAgreement(store, agreementId);
        return found === undefined ? unknownAgreement() : ok(found);
      },
    },
    audit: { proof: async () => ok("c2sp.org/tlog-proof@v1\nindex 2\n") },
  };
}

export async function richModel(
  world: World,
  periodId: string,
  language: Language = "zh",
  region: Region = world.provider(),
): Promise<ReportModel> {
  return mustSucceed(await reportModelOf(reportDepsOf(world, region), periodId, undefined, language));
}
