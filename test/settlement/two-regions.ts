import { canonicalText, digestOf } from "../../node/kernel/canonical-json.ts";
import { sha256 } from "../../node/kernel/digest.ts";
import { keyIdOf, type Signer, signerFromSeed } from "../../node/kernel/ed25519.ts";
import { ok, type Result } from "../../node/kernel/exchange-error.ts";
import { periodOf } from "../../node/kernel/instant.ts";
import { silentLogger } from "../../node/kernel/logger.ts";
import { noMetrics } from "../../node/kernel/metrics.ts";
import type { Runtime } from "../../node/kernel/runtime.ts";
import type { Scheduler } from "../../node/kernel/scheduler.ts";
import { createUsagePosting } from "../../node/ledger/usage-posting.ts";
import type { HeldReceipt, Receipt, ReceiptCore } from "../../node/metering/model.ts";
import { coreDigestOf, receiptIdOf, signCore } from "../../node/metering/receipt.ts";
import { putNext } from "../../node/metering/store.ts";
import type { Agreement } from "../../node/negotiation/model.ts";
import { putAgreement } from "../../node/negotiation/store.ts";
import type { Answer, InboundMessage, OutboxMessage } from "../../node/outbox/model.ts";
import { createOutbox, type Outbox } from "../../node/outbox/service.ts";
import type { SettlementTerms } from "../../node/policy/settlement-terms.ts";
import { createSettlements, type SettlementDeps, type Settlements } from "../../node/settlement/service.ts";
import { createMemoryDisk, type MemoryDisk, openMemoryStore } from "../../node/storage/memory.ts";
import type { Store } from "../../node/storage/port.ts";
import { transact } from "../../node/storage/transact.ts";

export const PROVIDER = "510100";
export const CONSUMER = "500000";
/** No side of any agreement here; terms may pay its parties. */
export const THIRD = "440100";
const SIGNERS: { readonly [region: string]: Signer } = {
  [PROVIDER]: signerFromSeed(Buffer.alloc(32, 1)),
  [CONSUMER]: signerFromSeed(Buffer.alloc(32, 2)),
  [THIRD]: signerFromSeed(Buffer.alloc(32, 3)),
};
export const signerOf = (region: string): Signer => SIGNERS[region] as Signer;

export const keyOf = (region: string, keyId: string): Uint8Array | undefined => {
  const signer = SIGNERS[region];
  return signer !== undefined && keyIdOf(signer.publicKey) === keyId ? signer.publicKey : undefined;
};

export const finance = (region: string) => ({ userId: "u-1", name: "财务", roles: ["finance"] as const, region });

/** The agreement of the worked example in settlement.md §5. */
export const AGR_7: SettlementTerms = {
  agreementId: "AGR-7",
  parties: [
    { partyId: "510100:provider", role: "provider", regionId: PROVIDER },
    { partyId: "500000:storage", role: "storage", regionId: CONSUMER },
    { partyId: "510100:operator", role: "operator", regionId: PROVIDER },
  ],
  vatBp: "600",
  products: [
    { productId: "elevator-1", metric: "calls", unitPriceMicro: "125000", capPriceMicro: "120000" },
    { productId: "weather-2", metric: "rows", unitPriceMicro: "1500", capPriceMicro: null },
  ],
  maxRevenueFen: "200000",
  fund: { partyId: "510100:fund", rateBp: "500", capFen: "8000" },
  compensation: [{ partyId: "500000:storage", resource: "gb-month", rateMicro: "350000" }],
  costs: [{ costId: "cleaning", partyId: "510100:operator", capFen: "30000" }],
  carryUnpaidCosts: true,
  scheme: {
    kind: "fixed",
    weights: [
      { partyId: "510100:provider", weight: "70" },
      { partyId: "500000:storage", weight: "5" },
      { partyId: "510100:operator", weight: "25" },
    ],
  },
  guarantee: { floors: [{ partyId: "500000:storage", fen: "8000" }], onInfeasible: "scale" },
};

export function agreementOf(terms: SettlementTerms, role: "provider" | "consumer"): Agreement {
  const document = canonicalText(
    JSON.parse(
      JSON.stringify({
        ...{ type: "heliu.agreement.v1", agreementId: terms.agreementId, terms },
        ...{ provider: PROVIDER, consumer: CONSUMER },
      }),
    ),
  );
  const signedBy = (region: string) => {
    const bytes = Buffer.from(`heliu.agreement.v1\n${document}`, "utf8");
    return Buffer.from(signerOf(region).sign(bytes)).toString("base64");
  };
  return {
    id: terms.agreementId,
    negotiationId: "n-1",
    role,
    peer: role === "provider" ? CONSUMER : PROVIDER,
    provider: PROVIDER,
    consumer: CONSUMER,
    entry: { region: PROVIDER, id: "e-1", version: "1", name: "电梯安全评价指数" },
    document,
    digest: digestOf(document),
    terms: {
      purposes: ["industrial"],
      legalBasis: null,
      fields: ["registered_flag"],
      rows: [],
      masks: {},
      limits: { maxRows: null, maxBytes: null, maxCallsPerMonth: null, rowsPerSecond: null },
      validFrom: "2026-09-01T00:00:00.000Z",
      validTo: "2027-08-31T00:00:00.000Z",
      channel: "heliu",
      price: terms,
    },
    providerKeyId: signerOf(PROVIDER).keyId,
    providerSignature: signedBy(PROVIDER),
    consumerKeyId: signerOf(CONSUMER).keyId,
    consumerSignature: signedBy(CONSUMER),
    status: "in-force",
    reason: null,
    signedAt: "2026-09-01T00:00:00.000Z",
    updatedAt: "2026-09-01T00:00:00.000Z",
    revision: 1,
  };
}

export type Used = {
  readonly productId: string;
  readonly usage: { readonly [metric: string]: string };
  readonly at: string;
  readonly purposeClass?: ReceiptCore["purposeClass"];
};

/** A chain of receipts as both regions would have signed it. */
export function receiptChain(agreementId: string, used: readonly Used[]): HeldReceipt[] {
  let prev = "0".repeat(64);
  return used.map(({ productId, usage, at, purposeClass = "commercial" }, i) => {
    const seq = String(i + 1);
    const core: ReceiptCore = {
      type: "heliu.receipt.v1",
      receiptId: receiptIdOf(agreementId, "forward", seq),
      agreementId,
      direction: "forward",
      seq,
      prev,
      transferId: "TR-1",
      productId,
      periodId: periodOf(Date.parse(at)),
      purposeClass,
      kind: "usage",
      corrects: null,
      usage,
      contributions: [],
      contentSha256: "0".repeat(64),
      startedAt: at,
      endedAt: at,
      providerRegion: PROVIDER,
      consumerRegion: CONSUMER,
      providerKeyId: signerOf(PROVIDER).keyId,
      consumerKeyId: signerOf(CONSUMER).keyId,
    };
    prev = coreDigestOf(core);
    return {
      core,
      coreDigest: prev,
      providerSignature: signCore(signerOf(PROVIDER), core),
      consumerSignature: signCore(signerOf(CONSUMER), core),
      settledIn: null,
      receivedAt: at,
    };
  });
}

/** Usage of the worked example. */
export const OCTOBER: readonly Used[] = [
  { productId: "elevator-1", usage: { calls: "13003" }, at: "2026-10-05T08:00:00.000Z" },
  { productId: "weather-2", usage: { rows: "333333" }, at: "2026-10-12T08:00:00.000Z" },
  {
    productId: "elevator-1",
    usage: { calls: "2000" },
    at: "2026-10-20T08:00:00.000Z",
    purposeClass: "public-interest",
  },
];

export type Region = {
  readonly region: string;
  readonly disk: MemoryDisk;
  readonly store: Store;
  readonly outbox: Outbox;
  readonly settlements: Settlements;
};

export type Wire = {
  /** May answer instead of the peer: a refusal that is tried again is a message that did not arrive. */
  /** What becomes of a receipt that is handed over for reconciliation; may throw as a link that is down does. */
  receipt?: (receipt: Receipt) => Receipt;
  intercept?: (message: OutboxMessage, pass: () => Promise<Result<Answer>>) => Promise<Result<Answer>>;
};

export type World = {
  readonly clock: { nowMs: number };
  readonly wire: Wire;
  readonly regions: Map<string, Region>;
  readonly provider: () => Region;
  readonly consumer: () => Region;
  readonly open: (region: string, disk?: MemoryDisk, options?: Partial<SettlementDeps>) => Promise<Region>;
  /** A minute, with what waits for it. */
  readonly passTime: () => void;
  /** Until nothing is under way anywhere; timers pass when nothing else moves. */
  readonly quiet: () => Promise<void>;
};

/** Two nodes with real outboxes over memory disks, joined by an in-process channel. */
export async function twoRegions(
  options: {
    readonly provider?: Partial<SettlementDeps>;
    readonly consumer?: Partial<SettlementDeps>;
    readonly terms?: readonly SettlementTerms[];
  } = {},
): Promise<World> {
  const clock = { nowMs: Date.parse("2026-11-03T02:00:00.000Z") };
  const wire: Wire = {};
  const regions = new Map<string, Region>();
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  const scheduler: Scheduler = {
    after: (ms, run) => {
      const timer = { at: clock.nowMs + ms, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
  };
  let random = 0;
  const runtime: Runtime = {
    nowMs: () => clock.nowMs,
    // Ids must differ; nothing else here is left to chance.
    randomBytes: (size) => sha256(String(random++)).subarray(0, size),
    failPoint: () => {},
  };

  async function open(region: string, disk = createMemoryDisk(), more: Partial<SettlementDeps> = {}): Promise<Region> {
    const store = openMemoryStore(disk);
    const deliver = (message: OutboxMessage) => {
      const pass = async (): Promise<Result<Answer>> => {
        const target = regions.get(message.peer) as Region;
        const inbound: InboundMessage = { ...message, peer: region };
        return target.outbox.receive(inbound);
      };
      return wire.intercept === undefined ? pass() : wire.intercept(message, pass);
    };
    const channels = { grpc: { deliver }, dsp: { deliver } };
    const shared = { store, runtime, scheduler, logger: silentLogger };
    const outbox = createOutbox({ ...shared, metrics: noMetrics, channels, owner: region });
    const settlements = createSettlements({
      ...shared,
      region,
      signer: signerOf(region),
      trust: { statementKey: keyOf },
      trees: {
        async *receipts(peer, agreementId, ids) {
          const from = { region, spiffeId: "", leafSerial: "", issuerFingerprint: "", capabilities: [] };
          for await (const receipt of (regions.get(peer) as Region).settlements.receipts(from, agreementId, ids)) {
            yield wire.receipt?.(receipt) ?? receipt;
          }
        },
        treeNodes: (peer, request) => {
          const target = regions.get(peer) as Region;
          const from = { region, spiffeId: "", leafSerial: "", issuerFingerprint: "", capabilities: [] };
          return target.settlements.treeNodes(from, request);
        },
      },
      ...more,
    });
    outbox.register("settlement", settlements.handler);
    const opened = { region, disk, store, outbox, settlements };
    regions.set(region, opened);
    outbox.start();
    settlements.start();
    return opened;
  }

  async function quiet(): Promise<void> {
    for (let still = 0; still < 3; ) {
      const before = [...regions.values()].map(({ disk }) => disk.contents.values.size).join();
      for (const { outbox, settlements } of regions.values()) {
        await outbox.idle();
        await settlements.idle();
      }
      const pending = await Promise.all([...regions.values()].map(({ outbox }) => outbox.pending()));
      const after = [...regions.values()].map(({ disk }) => disk.contents.values.size).join();
      still = before === after && pending.every((list) => list.length === 0) ? still + 1 : 0;
      if (pending.some((list) => list.length > 0)) passTime();
    }
  }

  function passTime(): void {
    clock.nowMs += 60_000;
    for (const timer of [...timers]) {
      if (timer.at > clock.nowMs) continue;
      timers.delete(timer);
      timer.run();
    }
  }

  await open(PROVIDER, createMemoryDisk(), options.provider);
  await open(CONSUMER, createMemoryDisk(), options.consumer);
  const world: World = {
    clock,
    wire,
    regions,
    provider: () => regions.get(PROVIDER) as Region,
    consumer: () => regions.get(CONSUMER) as Region,
    open,
    passTime,
    quiet,
  };
  for (const terms of options.terms ?? [AGR_7]) await agree(world, terms);
  return world;
}

async function agree(world: World, terms: SettlementTerms): Promise<void> {
  for (const [region, role] of [
    [world.provider(), "provider"],
    [world.consumer(), "consumer"],
  ] as const) {
    await transact(region.store, [], (tx) => ok(putAgreement(tx, undefined, agreementOf(terms, role))));
  }
}

/** Puts receipts into a region's chain, with the usage posting that metering makes. */
export async function hold({ store }: Region, receipts: readonly HeldReceipt[]): Promise<void> {
  for (const receipt of receipts) {
    const posting = createUsagePosting({ nowMs: () => Date.parse(receipt.receivedAt) });
    const refs = posting.refs({ ...receipt.core, metrics: Object.keys(receipt.core.usage) });
    await transact(store, refs, (tx) => {
      putNext(tx, receipt);
      posting.post(tx, receipt.core);
      return ok(true);
    });
  }
}

export async function holdBoth(world: World, receipts: readonly HeldReceipt[]): Promise<void> {
  await hold(world.provider(), receipts);
  await hold(world.consumer(), receipts);
}
