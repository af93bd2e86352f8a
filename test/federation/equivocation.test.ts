import { describe, expect, it } from "vitest";
import type { WitnessPeer } from "../../node/audit/cosigner.ts";
import type { GossipChannel } from "../../node/audit/gossip.ts";
import { logNoteSigner, witnessNoteSigner } from "../../node/audit/note.ts";
import { type Audit, createAudit } from "../../node/audit/service.ts";
import { appendLeaf, appendLeafRefs } from "../../node/audit/store.ts";
import { sha256 } from "../../node/kernel/digest.ts";
import { signerFromSeed } from "../../node/kernel/ed25519.ts";
import { err, mustSucceed, ok } from "../../node/kernel/exchange-error.ts";
import { silentLogger } from "../../node/kernel/logger.ts";
import type { Runtime } from "../../node/kernel/runtime.ts";
import type { Worker } from "../../node/kernel/worker.ts";
import { createPrometheus } from "../../node/prometheus.ts";
import { copyMemoryDisk, createMemoryDisk, type MemoryDisk, openMemoryStore } from "../../node/storage/memory.ts";
import { transact } from "../../node/storage/transact.ts";
import { VirtualTime } from "../../scripts/soak/sim/virtual-time.ts";

/** Audit rooms of whole regions in virtual time, so that "within two checkpoint intervals" is a statement about a clock. */
const [LIAR, CHONGQING, BEIJING] = ["510100", "500000", "110000"] as const;
const REGIONS = [LIAR, CHONGQING, BEIJING];
const NOON_MS = Date.UTC(2026, 9, 5, 4);
const INTERVAL_MS = 10_000;
/** Of every message, each way. */
const DELAY_MS = 40;

type Region = (typeof REGIONS)[number];
type Node = {
  readonly audit: Audit & Worker;
  readonly append: (subject: string) => Promise<void>;
  readonly alarms: () => Promise<string>;
};
/** Whom a region reaches when it asks another; undefined while the way is cut. */
type Route = (to: string) => Node | undefined;
type Lie = {
  readonly proof?: GossipChannel["consistency"];
  readonly withGossip?: boolean;
  readonly thenSilent?: boolean;
};

function keysOf(region: Region) {
  const seed = (use: string) => signerFromSeed(sha256(`${region} ${use}`));
  const logSigner = logNoteSigner(`main/${region}/log`, seed("log"));
  const witnessSigner = witnessNoteSigner(`main/${region}/witness`, seed("witness"));
  const asPeer: WitnessPeer = { region, logVkey: logSigner.vkey, witnessVkeys: [witnessSigner.vkey] };
  return { logSigner, witnessSigner, asPeer };
}

const KEYS = new Map(REGIONS.map((region) => [region, keysOf(region)]));

const away = err({
  kind: "unavailable",
  code: "PEER_UNAVAILABLE",
  text: { zh: "对方不在线。", en: "The peer is away." },
});

function nodeOf(region: Region, time: VirtualTime, disk: MemoryDisk, route: Route, lie: Lie = {}): Node {
  const store = openMemoryStore(disk);
  const runtime: Runtime = {
    nowMs: () => time.nowMs,
    randomBytes: (size) => new Uint8Array(size),
    failPoint: () => {},
  };
  const keys = KEYS.get(region) ?? keysOf(region);
  const peers = [...KEYS.values()].map(({ asPeer }) => asPeer).filter((peer) => peer.region !== region);
  const metrics = createPrometheus(region);
  const ask = async <T>(to: string, act: (peer: Node) => Promise<T>): Promise<T | undefined> => {
    await time.sleep(DELAY_MS);
    const peer = route(to);
    const answer = peer === undefined ? undefined : await act(peer);
    await time.sleep(DELAY_MS);
    return answer;
  };
  const gossip: GossipChannel = {
    gossip: async (to, said) => {
      const answer = await ask(to, ({ audit }) => audit.gossip({ region }, said));
      return answer === undefined ? away : ok(answer);
    },
    consistency: async (to, ...about) =>
      (to === LIAR ? await lie.proof?.(to, ...about) : undefined) ??
      (await ask(to, ({ audit }) => audit.consistency(...about))) ??
      away,
    succeed: async () => away,
  };
  const audit = createAudit({
    ...{ store, runtime, metrics, region, ...keys },
    scheduler: time,
    logger: silentLogger,
    origin: keys.logSigner.name,
    peers: () => peers,
    witness: {
      cosign: async (to, body) =>
        (await ask(to, (peer) => peer.audit.addCheckpoint(body))) ?? { status: 503, body: "away\n" },
    },
    checkpointIntervalMs: INTERVAL_MS,
    ...(lie.withGossip === false ? {} : { gossip }),
  });
  return {
    audit,
    async append(subject) {
      const leaf = { kind: "receipt.batch", actor: "node", digest: "sha256:0", atMs: time.nowMs, subject } as const;
      mustSucceed(await transact(store, appendLeafRefs(), (tx) => ok(appendLeaf(tx, region, leaf))));
    },
    alarms: () => metrics.render(),
  };
}

/**
 * The liar runs its node twice from one disk, each shown to one peer only. `later`: by how much of an interval its second
 * history, and the second peer, run behind the first. Both peers have signed what they were shown when they reach each other.
 */
async function splitView(later: number, more: number, lie: Lie = {}) {
  const time = new VirtualTime(NOON_MS);
  const lag = Math.floor(later * INTERVAL_MS);
  let isCut = true;
  const nodes: { [name: string]: Node } = {};
  const between = (victim: string, fork: string) => (to: string) =>
    to === LIAR
      ? nodes[lie.thenSilent === true && !isCut ? "" : fork]
      : isCut
        ? undefined
        : nodes[to === victim ? "" : to];
  const disk = createMemoryDisk();
  const [chongqing, beijing] = [CHONGQING, BEIJING].map((region, i) => {
    const made = nodeOf(region, time, createMemoryDisk(), between(region, `fork ${i}`), lie);
    nodes[region] = made;
    return made;
  }) as [Node, Node];
  const common = nodeOf(LIAR, time, disk, (to) => nodes[to]);
  nodes["fork 0"] = common;
  nodes["fork 1"] = common;
  await common.append("common");
  const begun = common.audit.sequenceNow();
  await time.advanceTo(time.nowMs + INTERVAL_MS);
  await begun;

  const copy = copyMemoryDisk(disk);
  for (const [i, [victim, from]] of (
    [
      [CHONGQING, disk],
      [BEIJING, copy],
    ] as const
  ).entries()) {
    nodes[`fork ${i}`] = nodeOf(LIAR, time, from, (to) => (to === victim ? nodes[to] : undefined));
  }
  for (const [i, peer] of [chongqing, beijing].entries()) {
    const fork = nodes[`fork ${i}`];
    await fork?.append(`history ${i}`);
    if (i === 1) for (let n = 0; n < more; n++) await fork?.append(`more ${n}`);
    fork?.audit.start();
    peer.audit.start();
    await time.advanceTo(time.nowMs + lag);
  }
  await time.advanceTo(time.nowMs + 3 * INTERVAL_MS);
  const findings = async () => [...(await chongqing.audit.findings()), ...(await beijing.audit.findings())];
  return {
    findings,
    alarms: async () => `${await chongqing.alarms()}${await beijing.alarms()}`,
    signedBy: async () =>
      (await Promise.all(["fork 0", "fork 1"].map((one) => nodes[one]?.audit.head()))).map((head) => head?.witnessedBy),
    async intervalsAfterReach(count: number) {
      isCut = false;
      await time.advanceTo(time.nowMs + count * INTERVAL_MS);
    },
  };
}

describe("a log that shows two peers different histories", () => {
  const cases = [0, 1, 3].flatMap((more) => [0, 0.3, 0.99].map((later) => [more, later] as const));
  it.each(cases)(
    "is found out within two checkpoint intervals (%i more entries, %f of an interval apart)",
    async (more, later) => {
      const { findings, signedBy, alarms, intervalsAfterReach } = await splitView(later, more);
      expect(await signedBy()).toEqual([[CHONGQING], [BEIJING]]);
      expect(await findings()).toEqual([]);
      await intervalsAfterReach(2);
      const [found] = await findings();
      expect(found).toMatchObject({ region: LIAR, origin: `main/${LIAR}/log` });
      for (const note of found?.notes ?? []) expect(note).toContain(`\u2014 main/${LIAR}/log `);
      expect(await alarms()).toMatch(/audit_(equivocations|rollbacks)_total\{[^}]*\} [1-9]/);
    },
  );

  it("is not found out by peers that do not compare", async () => {
    const { findings, intervalsAfterReach } = await splitView(0.3, 1, { withGossip: false });
    await intervalsAfterReach(20);
    expect(await findings()).toEqual([]);
  });

  it("raises an alarm within two checkpoint intervals also when it gives no proof", async () => {
    const { alarms, intervalsAfterReach } = await splitView(0.3, 1, { proof: async () => away });
    expect(await alarms()).not.toContain("audit_unproved_total");
    await intervalsAfterReach(2);
    expect(await alarms()).toMatch(/audit_unproved_total\{[^}]*\} [1-9]/);
  });

  it("raises none while it answers nothing at all: whoever is away has hidden nothing", async () => {
    const { alarms, findings, intervalsAfterReach } = await splitView(0.3, 1, { thenSilent: true });
    await intervalsAfterReach(5);
    expect(await alarms()).not.toContain("audit_unproved_total");
    expect(await findings()).toEqual([]);
  });
});

describe("a log whose disk went back", () => {
  it("owns up to it each time it is started, until its peers have heard", async () => {
    const time = new VirtualTime(NOON_MS);
    const during = async <T>(work: Promise<T>) => {
      await time.advanceTo(time.nowMs + INTERVAL_MS);
      return await work;
    };
    const nodes: { [region: string]: Node } = {};
    const disk = createMemoryDisk();
    const log = nodeOf(LIAR, time, disk, (to) => nodes[to]);
    const chongqing = nodeOf(CHONGQING, time, createMemoryDisk(), () => undefined);
    nodes[CHONGQING] = chongqing;
    await log.append("yesterday");
    await during(log.audit.sequenceNow());
    const yesterday = copyMemoryDisk(disk);
    await log.append("today");
    await during(log.audit.sequenceNow());

    // The first answer comes through; what the log says upon it is lost.
    let asks = 1;
    const back = nodeOf(LIAR, time, yesterday, (to) => (to === CHONGQING && asks-- > 0 ? chongqing : undefined));
    const refused = { ok: false, error: { code: "LOG_ROLLED_BACK" } };
    expect(await during(back.audit.checkStanding())).toMatchObject(refused);
    expect(await chongqing.audit.findings()).toEqual([]);
    asks = 10;
    expect(await during(back.audit.checkStanding())).toMatchObject(refused);
    expect(await chongqing.audit.findings()).toMatchObject([{ kind: "rollback", region: LIAR }]);
  });
});
