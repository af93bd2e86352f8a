import { describe, expect, it } from "vitest";
import { sha256 } from "../kernel/digest.ts";
import { signerFromSeed } from "../kernel/ed25519.ts";
import { mustSucceed, ok } from "../kernel/exchange-error.ts";
import { silentLogger } from "../kernel/logger.ts";
import { noMetrics } from "../kernel/metrics.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { Scheduler } from "../kernel/scheduler.ts";
import { openMemoryStore } from "../storage/memory.ts";
import type { Store } from "../storage/port.ts";
import { transact } from "../storage/transact.ts";
import type { WitnessPeer } from "./cosigner.ts";
import { ownGeneration } from "./generation.ts";
import { logNoteSigner, witnessNoteSigner } from "./note.ts";
import { createAudit } from "./service.ts";
import { appendLeaf, appendLeafRefs } from "./store.ts";
import { treeOn } from "./tree.ts";
import { verifyOffline } from "./verify.ts";
import type { WitnessAnswer } from "./witness.ts";

const NOON_MS = Date.UTC(2026, 9, 5, 4);
const INTERVAL_MS = 10_000;
const noon: Runtime = { nowMs: () => NOON_MS, randomBytes: (size) => new Uint8Array(size), failPoint: () => {} };

/** Timers run when the test says so. */
function manualScheduler() {
  const waiting = new Map<object, { ms: number; run: () => void }>();
  const scheduler: Scheduler = {
    after(ms, run) {
      const key = {};
      waiting.set(key, { ms, run });
      return () => void waiting.delete(key);
    },
  };
  const fire = (ms: number) => {
    for (const [key, timer] of [...waiting]) if (timer.ms === ms && waiting.delete(key)) timer.run();
  };
  return { scheduler, fire, delays: () => [...waiting.values()].map(({ ms }) => ms) };
}

function keysOf(region: string) {
  const seed = (use: string) => signerFromSeed(sha256(`${region} ${use}`));
  return {
    logSigner: logNoteSigner(`heliu.example/${region}/log`, seed("log")),
    witnessSigner: witnessNoteSigner(`heliu.example/${region}/witness`, seed("witness")),
  };
}

function asPeer(region: string): WitnessPeer {
  const { logSigner, witnessSigner } = keysOf(region);
  return { region, logVkey: logSigner.vkey, witnessVkeys: [witnessSigner.vkey] };
}

type Cosign = (body: string) => Promise<WitnessAnswer>;

function node(region: string, peer: string, cosign: Cosign, store: Store = openMemoryStore(), runtime: Runtime = noon) {
  const time = manualScheduler();
  const keys = keysOf(region);
  const audit = createAudit({
    store,
    runtime,
    scheduler: time.scheduler,
    logger: silentLogger,
    metrics: noMetrics,
    region,
    origin: keys.logSigner.name,
    ...keys,
    peers: () => [asPeer(peer)],
    witness: { cosign: (_region, body) => cosign(body) },
    checkpointIntervalMs: INTERVAL_MS,
    isParty: async (agreementId, asking) => agreementId === "A1" && asking === peer,
  });
  const append = async (count: number, agreementId?: string) =>
    mustSucceed(
      await transact(store, appendLeafRefs(agreementId === undefined ? {} : { agreementId }), (tx) => {
        const about = agreementId === undefined ? {} : { agreementId };
        const event = {
          kind: "receipt.batch",
          subject: "s",
          actor: "node",
          digest: "sha256:0",
          atMs: NOON_MS,
        } as const;
        const leaves = Array.from({ length: count }, () => appendLeaf(tx, region, { ...event, ...about }));
        return ok(leaves.map(({ index }) => index));
      }),
    );
  return { ...time, ...keys, audit, append, store };
}

const unreachable: Cosign = async () => {
  throw new Error("no route");
};

function pair() {
  const chongqing = node("500000", "510100", unreachable);
  const chengdu = node("510100", "500000", (body) => chongqing.audit.addCheckpoint(body));
  return { chengdu, chongqing };
}

describe("an audit log", () => {
  it("asks no witness after it was stopped in its first round", async () => {
    let asked = 0;
    const chengdu = node("510100", "500000", async () => {
      asked += 1;
      throw new Error("no route");
    });
    chengdu.audit.start();
    await chengdu.audit.stop();
    const before = asked;
    await chengdu.append(1);
    for (const ms of chengdu.delays()) chengdu.fire(ms);
    await new Promise((resolve) => setImmediate(resolve));
    expect({ asked, waiting: chengdu.delays() }).toEqual({ asked: before, waiting: [] });
  });

  it("proves a leaf under a witnessed checkpoint that verifies offline", async () => {
    const { chengdu, chongqing } = pair();
    await chengdu.append(300, "A1");
    expect(await chengdu.audit.proof("299")).toMatchObject({
      error: { code: "AUDIT_NOT_YET", kind: "not-yet", details: { retryAfterSeconds: "10" } },
    });
    await chengdu.audit.sequenceNow();
    await chengdu.append(5, "A1");
    await chengdu.audit.sequenceNow();

    const head = await chengdu.audit.head();
    expect(head).toMatchObject({ size: "305", witnessedBy: ["500000"] });
    const proof = mustSucceed(await chengdu.audit.proofForPeer({ region: "500000" }, "257"));
    const { bytes } = mustSucceed(await chengdu.audit.leaf("257"));
    const verified = verifyOffline(proof, bytes, chengdu.logSigner.vkey, [chongqing.witnessSigner.vkey]);
    expect(verified).toMatchObject({
      value: { index: "257", size: "305", witnesses: ["heliu.example/500000/witness"] },
    });
  });

  it("gives a peer no proof of others' leaves, nor says whether they exist", async () => {
    const { chengdu } = pair();
    await chengdu.append(1);
    await chengdu.append(1, "A2");
    for (const index of ["0", "1", "99", "-1"]) {
      expect(await chengdu.audit.proofForPeer({ region: "500000" }, index)).toMatchObject({
        error: { code: "AUDIT_NOT_PARTY" },
      });
    }
  });

  it("signs at most once an interval, on its own, and opens itself with a leaf", async () => {
    const { chengdu } = pair();
    chengdu.audit.start();
    await expect.poll(async () => (await chengdu.audit.head()).size).toBe("1");
    await chengdu.append(2);
    await chengdu.append(2);
    await expect.poll(() => chengdu.delays()).toEqual([INTERVAL_MS]);
    chengdu.fire(INTERVAL_MS);
    await expect.poll(async () => (await chengdu.audit.head()).size).toBe("5");
    expect(mustSucceed(await chengdu.audit.leaf("0")).leaf.kind).toBe("log.opened");
    await chengdu.audit.stop();
  });

  it("asks an absent witness again, with a proof from what that one last signed", async () => {
    const chongqing = node("500000", "510100", unreachable);
    let isDown = false;
    const chengdu = node("510100", "500000", async (body) =>
      isDown ? { status: 503, body: "" } : await chongqing.audit.addCheckpoint(body),
    );
    await chengdu.append(3);
    await chengdu.audit.sequenceNow();
    isDown = true;
    await chengdu.append(4);
    await chengdu.audit.sequenceNow();
    expect((await chengdu.audit.head()).witnessedBy).toEqual([]);
    isDown = false;
    chengdu.fire(INTERVAL_MS);
    await expect.poll(async () => (await chengdu.audit.head()).witnessedBy).toEqual(["500000"]);
  });

  it("learns from a 409 what a witness last signed, after forgetting it", async () => {
    const { chengdu, chongqing } = pair();
    await chengdu.append(3);
    await chengdu.audit.sequenceNow();
    await transact(chengdu.store, [], (tx) => {
      tx.remove({ key: "audit-checkpoint/witnessed", codec: { encode: () => new Uint8Array(), decode: () => null } });
      return ok(null);
    });
    const again = node("510100", "500000", (body) => chongqing.audit.addCheckpoint(body), chengdu.store);
    await again.append(2);
    await again.audit.sequenceNow();
    expect(await again.audit.head()).toMatchObject({ size: "5", witnessedBy: ["500000"] });
  });

  it("refuses to sign what contradicts an earlier signature, but makes lost tiles again", async () => {
    const { chengdu } = pair();
    await chengdu.append(300);
    await chengdu.audit.sequenceNow();
    await overwrite(chengdu.store, "audit-tile/0000000000000001/0000000000000000", (tile) => tile.reverse());
    await chengdu.append(1);
    await chengdu.audit.sequenceNow();
    expect((await chengdu.audit.head()).size).toBe("301");

    await overwrite(chengdu.store, "audit-leaf/0000000000000007", () => Buffer.from("{}"));
    await treeOn(chengdu.store).reset();
    await chengdu.append(1);
    await chengdu.audit.sequenceNow();
    expect((await chengdu.audit.head()).size).toBe("301");
  });

  it("signs nothing more under its name once another process has restored it under the next", async () => {
    const { chengdu } = pair();
    await chengdu.append(3);
    await chengdu.audit.sequenceNow();
    await transact(chengdu.store, [], (tx) => ok(tx.put(ownGeneration, { generation: 2 })));
    await chengdu.append(1);
    await chengdu.audit.sequenceNow();
    expect((await chengdu.audit.head()).size).toBe("3");
  });

  it.each(["audit.signed-head.stored", "audit.witness.stored"])(
    "goes on from where it was when stopped at %s",
    async (place) => {
      let isCrashing = true;
      const crashing: Runtime = {
        ...noon,
        failPoint: (name) => {
          if (isCrashing && name === place) throw new Error("power cut");
        },
      };
      const chongqing = node("500000", "510100", unreachable, openMemoryStore(), crashing);
      const store = openMemoryStore();
      const cosign: Cosign = (body) => chongqing.audit.addCheckpoint(body);
      const before = node("510100", "500000", cosign, store, crashing);
      await before.append(3);
      await before.audit.sequenceNow().catch(() => undefined);
      isCrashing = false;
      const after = node("510100", "500000", cosign, store);
      await after.append(2);
      await after.audit.sequenceNow();
      expect(await after.audit.head()).toMatchObject({ size: "5", witnessedBy: ["500000"] });
    },
  );

  it("lists leaves in order, by agreement, by kind, page by page", async () => {
    const { chengdu } = pair();
    await chengdu.append(3);
    await chengdu.append(2, "A1");
    await chengdu.append(1);
    await chengdu.append(1, "A1");
    await chengdu.audit.fixAgreement("A1", "finance");
    const indices = async (query: object) => {
      const { items, next } = await chengdu.audit.leaves({ limit: 3, ...query });
      return [items.map(({ index }) => index).join(), next];
    };
    expect(await indices({})).toEqual(["0,1,2", "2"]);
    expect(await indices({ after: "5" })).toEqual(["6,7", null]);
    expect(await indices({ agreementId: "A1" })).toEqual(["3,4,6", "6"]);
    expect(await indices({ agreementId: "A1", after: "6" })).toEqual(["7", null]);
    expect(await indices({ subject: "s", after: "2" })).toEqual(["3,4,5", "5"]);
    expect(await indices({ kind: "agreement.head" })).toEqual(["7", null]);
  });

  it("serves tiles and entry bundles as far as the checkpoint covers them", async () => {
    const { chengdu } = pair();
    await chengdu.append(258);
    await chengdu.audit.sequenceNow();
    await chengdu.append(1);
    const lengths = ["tile/0/000", "tile/0/001.p/2", "tile/1/000.p/1", "tile/0/001.p/3", "tile/1/000"].map(
      async (path) => (await chengdu.audit.tile(path))?.length,
    );
    expect(await Promise.all(lengths)).toEqual([8192, 64, 32, undefined, undefined]);
    const { bytes } = mustSucceed(await chengdu.audit.leaf("256"));
    const bundle = (await chengdu.audit.tile("tile/entries/001.p/1")) ?? new Uint8Array();
    expect(Buffer.from(bundle.subarray(2))).toEqual(Buffer.from(bytes));
  });
});

async function overwrite(store: Store, key: string, change: (bytes: Uint8Array) => Uint8Array) {
  await store.commit([key], (found) => {
    const put = new Map([[key, change(Uint8Array.from(found.get(key) ?? []))]]);
    return { put, remove: new Set(), result: undefined };
  });
}
