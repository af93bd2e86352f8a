import { ok, type Result, refusals } from "../kernel/exchange-error.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Metrics } from "../kernel/metrics.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { Scheduler } from "../kernel/scheduler.ts";
import type { Worker } from "../kernel/worker.ts";
import type { Store } from "../storage/port.ts";
import { read, transact } from "../storage/transact.ts";
import { type AgreementLog, type AgreementLogQuery, agreementLog } from "./agreement-log.ts";
import type { WitnessChannel, WitnessPeer } from "./cosigner.ts";
import { heldFindings, type LogFinding } from "./findings.ts";
import { createGossip, type Gossip, type GossipChannel, type Tidings } from "./gossip.ts";
import { findLeaves, type LeafPage, type LeafQuery, parseIndex, readLeaf, type StoredLeaf } from "./leaves.ts";
import type { NoteSigner } from "./note.ts";
import { writeProof } from "./proof.ts";
import { type Sample, type SampleQuery, takeSample } from "./sample.ts";
import { createSequencer } from "./sequencer.ts";
import { latestCheckpoint, noteOf, type StoredCheckpoint, witnessedCheckpoint } from "./signed-head.ts";
import { standing } from "./standing.ts";
import { type AppendedLeaf, appendAgreementHead, appendLeafRefs } from "./store.ts";
import { acceptSuccession } from "./succession.ts";
import { type Tree, treeOn } from "./tree.ts";
import { addCheckpoint, type WitnessAnswer } from "./witness.ts";

export type AuditDeps = {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly region: string;
  /** Name of the log and of its key: `<node name>/<region>/log`. */
  readonly origin: string;
  readonly logSigner: NoteSigner;
  readonly witnessSigner: NoteSigner;
  readonly peers: () => readonly WitnessPeer[];
  readonly witness: WitnessChannel;
  /** Who cosigns this log, where that is not just the peers; those named in `required` must have, before a proof is given. */
  readonly witnesses?: () => readonly WitnessPeer[];
  readonly required?: readonly string[];
  readonly checkpointIntervalMs: number;
  /** The way to tell peers what was seen of others' logs; without one, witnesses do not compare. */
  readonly gossip?: GossipChannel;
  /** The log's key under its name in the trust list, and how many logs there were; by default this is the first. */
  readonly logVkey?: string;
  readonly generation?: number;
  /** Is the region a party to the agreement? Without an answer, peers get no proofs. */
  readonly isParty?: (agreementId: string, region: string) => Promise<boolean>;
};

type AuditHead = {
  readonly size: string;
  /** Base64. */
  readonly root: string;
  /** The signed checkpoint, as `GET /audit/checkpoint` answers it. */
  readonly note: string;
  /** Regions whose witnesses have signed this checkpoint. */
  readonly witnessedBy: readonly string[];
};

export type Audit = {
  /** The newest checkpoint; makes the first one if there is none. */
  readonly head: () => Promise<AuditHead>;
  /** A tlog-proof. `AUDIT_NOT_YET` (details.retryAfterSeconds) until a checkpoint covers the leaf. */
  readonly proof: (index: string) => Promise<Result<string>>;
  /** The same for a peer, and only for leaves of agreements it is a party to. */
  readonly proofForPeer: (peer: { readonly region: string }, index: string) => Promise<Result<string>>;
  readonly leaf: (index: string) => Promise<Result<StoredLeaf>>;
  readonly leaves: (query: LeafQuery) => Promise<LeafPage>;
  /** This node as witness of a peer's log. */
  readonly addCheckpoint: (body: string) => Promise<WitnessAnswer>;
  /** A hash tile or entry bundle by its C2SP path (`tile/0/000.p/7`), as far as the newest checkpoint covers it. */
  readonly tile: (path: string) => Promise<Uint8Array | undefined>;
  readonly sequenceNow: () => Promise<void>;
  /** Writes an `agreement.head` leaf, which fixes how many leaves the agreement has. */
  readonly fixAgreement: (agreementId: string, actor: string) => Promise<Result<AppendedLeaf>>;
  /** All leaves of an agreement up to a head, each with its proof under one checkpoint. */
  readonly agreementLog: (query: AgreementLogQuery) => Promise<Result<AgreementLog>>;
  /** Leaves drawn by the checkpoint itself; the auditor draws the same. */
  readonly sample: (query: SampleQuery) => Promise<Result<Sample>>;
  /** What this node holds against peers' logs. */
  readonly findings: () => Promise<LogFinding[]>;
  /** Whether this log may still be written; asks every peer first, so that a disk of yesterday is noticed before anything is signed. */
  readonly checkStanding: () => Promise<Result<true>>;
  readonly standing: () => Promise<Result<true>>;
  /** What another node is told, and tells: see `gossip.ts`. */
  readonly gossip: (peer: { readonly region: string }, tidings: Tidings) => Promise<Tidings>;
  readonly consistency: Gossip["consistency"];
  readonly acceptSuccession: (
    peer: { readonly region: string },
    proof: string,
    leaf: Uint8Array,
  ) => Promise<Result<true>>;
};

const refuse = refusals({
  AUDIT_NOT_YET: "not-yet",
  AUDIT_UNKNOWN_LEAF: "not-found",
  AUDIT_NOT_PARTY: "forbidden",
  AUDIT_NO_GOSSIP: "unavailable",
});

export function createAudit(deps: AuditDeps): Audit & Worker {
  const { store, region, runtime } = deps;
  const tree = treeOn(store);
  const sequencer = createSequencer({ ...deps, tree, peers: deps.witnesses ?? deps.peers });
  const gossip = createGossip(gossipDeps(deps, tree));

  const proof = async (index: string): Promise<Result<string>> => {
    if (parseIndex(index) === undefined || (await readLeaf(store, index)) === undefined) return unknownLeaf(index);
    const checkpoint = await checkpointCovering(store, BigInt(index), deps.required);
    if (checkpoint === undefined) return notYet(index, deps.checkpointIntervalMs);
    const hashes = await tree.inclusion(BigInt(index), BigInt(checkpoint.size));
    return ok(writeProof({ index: BigInt(index), hashes, checkpoint: noteOf(checkpoint) }));
  };

  return {
    name: sequencer.name,
    start() {
      sequencer.start();
      if (deps.gossip !== undefined) gossip.start();
    },
    async stop() {
      await Promise.all([sequencer.stop(), gossip.stop()]);
    },
    sequenceNow: sequencer.sequenceNow,
    async head() {
      if ((await read(store, latestCheckpoint)) === undefined) await sequencer.sequenceNow();
      const latest = await read(store, latestCheckpoint);
      if (latest === undefined) throw new Error("the audit log refuses to sign; see the node's log");
      const { size, root, cosignatures } = latest;
      return { size, root, note: noteOf(latest), witnessedBy: Object.keys(cosignatures) };
    },
    proof,
    async proofForPeer(peer, index) {
      const agreementId = (await readLeaf(store, index))?.leaf.detail.agreementId;
      const isParty = agreementId !== undefined && (await deps.isParty?.(agreementId, peer.region));
      // The same answer for a leaf that does not exist: a peer learns nothing about others' business.
      return isParty ? await proof(index) : notParty(index);
    },
    async leaf(index) {
      const found = await readLeaf(store, index);
      return found === undefined ? unknownLeaf(index) : ok(found);
    },
    leaves: (query) => findLeaves(store, query),
    addCheckpoint: (body) => addCheckpoint(deps, body),
    async tile(path) {
      const latest = await read(store, latestCheckpoint);
      return latest === undefined ? undefined : await tree.tile(path, BigInt(latest.size));
    },
    fixAgreement: (agreementId, actor) =>
      transact(store, appendLeafRefs({ agreementId }), (tx) =>
        ok(appendAgreementHead(tx, region, { agreementId, actor, atMs: runtime.nowMs() })),
      ),
    agreementLog: (query) => agreementLog({ store, tree }, query),
    sample: (query) => takeSample({ store, tree }, query),
    findings: () => heldFindings(store),
    standing: () => standing(store),
    // Also by a log that knows it already: a peer that missed its confession hears it now.
    checkStanding: () => (deps.gossip === undefined ? standing(store) : gossip.round()),
    gossip: (peer, tidings) => gossip.answer(peer.region, tidings),
    consistency: gossip.consistency,
    acceptSuccession: (peer, proof, leaf) => acceptSuccession(deps, peer.region, proof, leaf),
  };
}

function gossipDeps(deps: AuditDeps, tree: Tree) {
  const { store, generation = 1 } = deps;
  return {
    ...deps,
    tree,
    generation,
    ownOrigin: deps.origin,
    logVkey: deps.logVkey ?? deps.logSigner.vkey,
    intervalMs: deps.checkpointIntervalMs,
    channel: deps.gossip ?? NOBODY,
    async firstLeaf() {
      const leaf = generation === 1 ? undefined : await readLeaf(store, "0");
      const latest = await read(store, latestCheckpoint);
      if (leaf === undefined || latest === undefined) return undefined;
      const hashes = await tree.inclusion(0n, BigInt(latest.size));
      return { proof: writeProof({ index: 0n, hashes, checkpoint: noteOf(latest) }), leaf: leaf.bytes };
    },
  };
}

const away = async () =>
  refuse("AUDIT_NO_GOSSIP", { zh: "本节点不与其他地区比对日志。", en: "This node compares logs with nobody." });
const NOBODY: GossipChannel = { gossip: away, consistency: away, succeed: away };

/** The newest witnessed checkpoint if it covers the leaf: a witness's word is worth more than being newest. */
async function checkpointCovering(
  store: Store,
  index: bigint,
  required: readonly string[] = [],
): Promise<StoredCheckpoint | undefined> {
  for (const ref of [witnessedCheckpoint, latestCheckpoint]) {
    const checkpoint = await read(store, ref);
    if (checkpoint === undefined || index >= BigInt(checkpoint.size)) continue;
    if (required.every((name) => checkpoint.cosignatures[name] !== undefined)) return checkpoint;
  }
  return undefined;
}

function unknownLeaf(index: string) {
  return refuse(
    "AUDIT_UNKNOWN_LEAF",
    {
      zh: `审计日志中没有编号为 ${index} 的记录;请核对编号(从 0 开始的十进制数)。`,
      en: `The audit log has no leaf ${index}; check the number (decimal, counted from 0).`,
    },
    { index },
  );
}

function notYet(index: string, intervalMs: number) {
  const retryAfterSeconds = String(Math.max(1, Math.ceil(intervalMs / 1000)));
  return refuse(
    "AUDIT_NOT_YET",
    {
      zh: `第 ${index} 条记录已写入,但尚未被检查点覆盖;请在 ${retryAfterSeconds} 秒后再取证明。`,
      en: `Leaf ${index} is written but no checkpoint covers it yet; ask for the proof again in ${retryAfterSeconds} s.`,
    },
    { index, retryAfterSeconds },
  );
}

function notParty(index: string) {
  return refuse(
    "AUDIT_NOT_PARTY",
    {
      zh: `第 ${index} 条记录不属于贵方参与的协议,不能提供证明;请核对协议与编号。`,
      en: `Leaf ${index} is not of an agreement you are a party to, so no proof of it is given; check agreement and number.`,
    },
    { index },
  );
}
