import { canonicalText, digestOf } from "../../node/kernel/canonical-json.ts";
import { sha256 } from "../../node/kernel/digest.ts";
import { keyIdOf, type Signer, signerFromSeed } from "../../node/kernel/ed25519.ts";
import { ok, type Result } from "../../node/kernel/exchange-error.ts";
import { silentLogger } from "../../node/kernel/logger.ts";
import { noMetrics } from "../../node/kernel/metrics.ts";
import type { Runtime } from "../../node/kernel/runtime.ts";
import type { Scheduler } from "../../node/kernel/scheduler.ts";
import type { Answer, OutboxMessage } from "../../node/outbox/model.ts";
import { createOutbox, type Outbox } from "../../node/outbox/service.ts";
import type { PaymentDeps } from "../../node/payments/process.ts";
import { createPayments, type Payments } from "../../node/payments/service.ts";
import { bundledCalendar, bundledPacks } from "../../node/rules/bundled.ts";
import { loadRules } from "../../node/rules/service.ts";
import type { Statement } from "../../node/settlement/model.ts";
import type { SignedStatement } from "../../node/settlement/signed-statements.ts";
import { createMemoryDisk, type MemoryDisk, openMemoryStore } from "../../node/storage/memory.ts";
import type { Store } from "../../node/storage/port.ts";

export const PERIOD = "2026-10";
const signerOf = (region: string): Signer => signerFromSeed(sha256(`key ${region}`));
const keyOf = (region: string, keyId: string) => {
  const { publicKey } = signerOf(region);
  return keyIdOf(publicKey) === keyId ? publicKey : undefined;
};

export const person = (userId: string, role: "finance" | "approver" | "auditor" = "finance") => {
  return { userId, name: userId, roles: [role], region: "—" } as const;
};

/** A statement of a period with the totals given; what netting reads of one. */
export function signedStatement(
  agreementId: string,
  provider: string,
  consumer: string,
  totals: { readonly [partyId: string]: string },
  { periodId = PERIOD, autoSignUpToFen = null as string | null } = {},
): SignedStatement {
  const parties = Object.keys(totals).map((partyId) => {
    return { partyId, role: "provider" as const, regionId: partyId.split(":")[0] ?? "" };
  });
  const amountFen = Object.values(totals)
    .reduce((sum, fen) => sum + BigInt(fen), 0n)
    .toString();
  const statement = {
    type: "heliu.statement.v1",
    agreementId,
    periodId,
    result: {
      lines: [],
      totals: Object.entries(totals).map(([partyId, fen]) => ({ partyId, fen })),
      deferred: { openingFen: "0", releasedFen: "0", addedFen: "0", closingFen: "0" },
      amountFen,
    },
  } as unknown as Statement;
  const weights = parties.map(({ partyId }) => ({ partyId, weight: "1" }));
  const terms = { agreementId, parties, products: [], scheme: { kind: "fixed" as const, weights }, autoSignUpToFen };
  const digest = digestOf(canonicalText(JSON.parse(JSON.stringify(statement))));
  const about = { agreementId, periodId, provider, consumer, entryName: "电梯安全评价指数" };
  return { ...about, digest, peer: "", signedAt: "2026-11-03T02:00:00.000Z", statement, terms };
}

export type PayingRegion = {
  readonly region: string;
  readonly disk: MemoryDisk;
  readonly store: Store;
  readonly outbox: Outbox;
  readonly payments: Payments;
  /** What the region has signed; a test adds to it. */
  readonly statements: SignedStatement[];
};

export type PayingWorld = {
  readonly clock: { nowMs: number };
  readonly regions: Map<string, PayingRegion>;
  readonly at: (region: string) => PayingRegion;
  readonly quiet: () => Promise<void>;
  wire: (message: OutboxMessage, pass: () => Promise<Result<Answer>>) => Promise<Result<Answer>>;
  /** Opens a region (again, over its disk). */
  readonly open: (region: string, options?: Partial<PaymentDeps>, disk?: MemoryDisk) => PayingRegion;
};

/** Regions with real stores, outboxes and payments, joined by an in-process channel; statements are given. */
export function payingRegions(ids: readonly string[], options: Partial<PaymentDeps> = {}): PayingWorld {
  const clock = { nowMs: Date.parse("2026-11-04T02:00:00.000Z") };
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
    randomBytes: (size) => sha256(String(random++)).subarray(0, size),
    failPoint: () => {},
  };
  const regions = new Map<string, PayingRegion>();

  function open(region: string, more: Partial<PaymentDeps> = {}, disk = createMemoryDisk()): PayingRegion {
    const store = openMemoryStore(disk);
    const deliver = (message: OutboxMessage) => {
      const pass = async () => world.at(message.peer).outbox.receive({ ...message, peer: region });
      return world.wire(message, pass);
    };
    const shared = { store, runtime, scheduler, logger: silentLogger };
    const channels = { grpc: { deliver }, dsp: { deliver } };
    const outbox = createOutbox({ ...shared, metrics: noMetrics, channels, owner: region });
    const statements = regions.get(region)?.statements ?? [];
    const payments = createPayments({
      ...{ store, runtime, region, logger: silentLogger, signer: signerOf(region) },
      trust: { statementKey: keyOf, region: () => undefined },
      rules: loadRules(bundledPacks(region), bundledCalendar()),
      signed: async (periodId, without) =>
        ok(
          statements
            .filter((one) => periodId === undefined || one.periodId === periodId)
            .filter((one) => without?.has(one.periodId) !== true)
            .map((one) => ({ ...one, peer: one.provider === region ? one.consumer : one.provider })),
        ),
      ...options,
      ...more,
    });
    outbox.register("netting", payments.handler);
    const opened = { region, disk, store, outbox, payments, statements };
    regions.set(region, opened);
    outbox.start();
    payments.start();
    return opened;
  }

  async function quiet(): Promise<void> {
    for (let still = 0; still < 3; ) {
      const before = sizes();
      for (const { outbox, payments } of regions.values()) {
        await outbox.idle();
        await payments.idle();
      }
      const pending = await Promise.all([...regions.values()].map(({ outbox }) => outbox.pending()));
      const waits = pending.some((list) => list.length > 0);
      still = before === sizes() && !waits ? still + 1 : 0;
      if (waits) passTime();
    }
  }
  const sizes = () => [...regions.values()].map(({ disk }) => disk.contents.values.size).join();

  function passTime(): void {
    clock.nowMs += 60_000;
    for (const timer of [...timers]) {
      if (timer.at > clock.nowMs) continue;
      timers.delete(timer);
      timer.run();
    }
  }

  const world: PayingWorld = {
    clock,
    regions,
    quiet,
    open,
    wire: (_message, pass) => pass(),
    at: (region) => regions.get(region) as PayingRegion,
  };
  for (const region of ids) open(region);
  return world;
}

/** Both regions of a statement have signed it. */
export function sign(world: PayingWorld, statement: SignedStatement): void {
  for (const region of [statement.provider, statement.consumer]) world.at(region).statements.push(statement);
}
