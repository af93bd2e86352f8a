import { beforeEach, describe, expect, it } from "vitest";
import { sha256 } from "../kernel/digest.ts";
import { signerFromSeed } from "../kernel/ed25519.ts";
import { mustSucceed, ok } from "../kernel/exchange-error.ts";
import { silentLogger } from "../kernel/logger.ts";
import { noMetrics } from "../kernel/metrics.ts";
import type { Runtime } from "../kernel/runtime.ts";
import { systemScheduler } from "../kernel/scheduler.ts";
import { copyMemoryDisk, createMemoryDisk, type MemoryDisk, openMemoryStore } from "../storage/memory.ts";
import { transact } from "../storage/transact.ts";
import { beginLog } from "./begin-log.ts";
import { findLeaves } from "./leaves.ts";
import { originIn } from "./log-names.ts";
import { logNoteSigner, type NoteSigner, signerUnder, witnessNoteSigner } from "./note.ts";
import { createAudit } from "./service.ts";
import { appendLeaf, appendLeafRefs } from "./store.ts";
import { acceptSuccession } from "./succession.ts";

const [CHENGDU, CHONGQING] = ["510100", "500000"] as const;
const ORIGIN = `main/${CHENGDU}/log`;
const NOON_MS = Date.UTC(2026, 9, 5, 4);
const runtime: Runtime = { nowMs: () => NOON_MS, randomBytes: (size) => new Uint8Array(size), failPoint: () => {} };
const keyOf = (use: string) => signerFromSeed(sha256(use));
const logSigner = logNoteSigner(ORIGIN, keyOf("log"));
const peers = () => [{ region: CHENGDU, logVkey: logSigner.vkey, witnessVkeys: [] }];

type Peer = ReturnType<typeof newPeer>;

/** Chongqing, which watches Chengdu's log. */
function newPeer() {
  const store = openMemoryStore();
  const witnessSigner = witnessNoteSigner(`main/${CHONGQING}/witness`, keyOf("witness"));
  const deps = { store, runtime, logger: silentLogger, metrics: noMetrics, region: CHONGQING, peers };
  const audit = createAudit({
    ...{ ...deps, scheduler: systemScheduler, origin: `main/${CHONGQING}/log`, witnessSigner },
    logSigner: logNoteSigner(`main/${CHONGQING}/log`, keyOf("other log")),
    witness: { cosign: async () => ({ status: 503, body: "" }) },
    checkpointIntervalMs: 10_000,
  });
  return {
    witness: audit.addCheckpoint,
    accept: ({ proof, leaf }: First) => acceptSuccession(deps, CHENGDU, proof, leaf),
    taken: async () =>
      (await findLeaves(store, { limit: 100 })).items.filter(({ leaf }) => leaf.kind === "log.succeeded"),
  };
}

/** Chengdu's log as a disk has it; under its first name, or a later one. */
function logOn(disk: MemoryDisk, generation = 1, peer?: Peer) {
  const store = openMemoryStore(disk);
  const signer = signerUnder(logSigner, originIn(ORIGIN, generation));
  const audit = createAudit({
    ...{ store, runtime, scheduler: systemScheduler, logger: silentLogger, metrics: noMetrics, region: CHENGDU },
    ...{ origin: signer.name, logSigner: signer, witnessSigner: logSigner, generation },
    peers: () => (peer === undefined ? [] : [{ region: CHONGQING, logVkey: "", witnessVkeys: [] }]),
    witness: { cosign: async (_region, body) => (await peer?.witness(body)) ?? { status: 503, body: "" } },
    checkpointIntervalMs: 10_000,
  });
  return {
    audit,
    /** Signs one more entry. */
    async grow(subject: string): Promise<string> {
      const leaf = { kind: "receipt.batch", actor: "node", digest: "sha256:0", atMs: NOON_MS, subject } as const;
      mustSucceed(await transact(store, appendLeafRefs(), (tx) => ok(appendLeaf(tx, CHENGDU, leaf))));
      await audit.sequenceNow();
      return (await audit.head()).note;
    },
  };
}

type First = { readonly proof: string; readonly leaf: Uint8Array };

/** Restores the disk, and answers what the new log says of itself to peers. */
async function succeed(disk: MemoryDisk, note: string, { previous = 1, index = "0", signer = logSigner } = {}) {
  const own: NoteSigner = signerUnder(signer, originIn(ORIGIN, previous + 1));
  const deps = { store: openMemoryStore(disk), runtime, region: CHENGDU };
  await beginLog(deps, own, previous + 1, { origin: originIn(ORIGIN, previous), note });
  const { audit } = logOn(disk, previous + 1);
  await audit.sequenceNow();
  const proof = mustSucceed(await audit.proof(index));
  return { proof, leaf: mustSucceed(await audit.leaf(index)).bytes };
}

describe("the log in which a peer says that its own goes on", () => {
  let peer: Peer;
  let disk: MemoryDisk;
  let notes: string[];
  beforeEach(async () => {
    peer = newPeer();
    disk = createMemoryDisk();
    const log = logOn(disk, 1, peer);
    notes = [await log.grow("a"), await log.grow("b")];
  });

  const last = () => notes.at(-1) ?? "";
  const refused = (why: string) => ({ error: { code: "LOG_SUCCESSION", details: { why } } });

  it("is taken when it names the last that we have seen, once, however often it is told", async () => {
    const first = await succeed(disk, last());
    expect(await Promise.all([peer.accept(first), peer.accept(first)])).toEqual([ok(true), ok(true)]);
    expect(await peer.accept(first)).toEqual(ok(true));
    expect(await peer.taken()).toMatchObject([{ leaf: { subject: `${ORIGIN}-2`, detail: { previous: ORIGIN } } }]);
  });

  it("is not taken when it names less than we have seen", async () => {
    expect(await peer.accept(await succeed(disk, notes[0] ?? ""))).toMatchObject(refused("forgets"));
    expect(await peer.taken()).toEqual([]);
  });

  it("is not taken when it names another history of the same length", async () => {
    const other = createMemoryDisk();
    const fork = logOn(other);
    await fork.grow("a");
    const note = await fork.grow("not b");
    expect(await peer.accept(await succeed(other, note))).toMatchObject(refused("forgets"));
  });

  it("is not taken by any entry but its first, nor after a log that we do not know of", async () => {
    const kept = copyMemoryDisk(disk);
    expect(await peer.accept(await succeed(disk, last(), { index: "1" }))).toMatchObject(refused("malformed"));
    expect(await peer.accept(await succeed(kept, last(), { previous: 3 }))).toMatchObject(refused("generation"));
  });

  it("is not taken when its first entry is not as it was signed", async () => {
    const { proof, leaf } = await succeed(disk, last());
    const altered = Buffer.from(Buffer.from(leaf).toString("utf8").replace('"kept":"2"', '"kept":"9"'));
    expect(altered.equals(leaf)).toBe(false);
    expect(await peer.accept({ proof, leaf: altered })).toMatchObject(refused("proof"));
  });

  it("is not taken when nobody signed the checkpoint that it names", async () => {
    const unsigned = last().replace(/\u2014 (.*) .*\n/, `\u2014 $1 ${Buffer.alloc(68).toString("base64")}\n`);
    expect(await peer.accept(await succeed(disk, unsigned))).toMatchObject(refused("checkpoint"));
  });
});
