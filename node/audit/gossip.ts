import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Scheduler } from "../kernel/scheduler.ts";
import type { Worker } from "../kernel/worker.ts";
import { read } from "../storage/transact.ts";
import { type JudgeDeps, judgeConfession, judgeHead, judgeSeen, lastOfRegion, notCovered } from "./judge.ts";
import { namedLog } from "./log-names.ts";
import type { Hash } from "./merkle.ts";
import { cosignNote, type NoteSigner, splitNote, writeNote } from "./note.ts";
import { everySeen } from "./seen.ts";
import { latestCheckpoint } from "./signed-head.ts";
import { hearOfOwn, type StandingDeps, standing } from "./standing.ts";

/** What one node tells another: its own newest checkpoint, and the newest it has seen of each log. */
export type Tidings = { readonly own: string; readonly seen: readonly string[]; readonly isHalted: boolean };

export type GossipChannel = {
  readonly gossip: (region: string, tidings: Tidings) => Promise<Result<Tidings>>;
  readonly consistency: (region: string, origin: string, first: bigint, second: bigint) => Promise<Result<Hash[]>>;
  /** Tells a peer in which log ours goes on; it answers only whether it could be reached. */
  readonly succeed: (region: string, proof: string, leaf: Uint8Array) => Promise<Result<true>>;
};

export type GossipDeps = StandingDeps &
  Omit<JudgeDeps, "consistency" | "isAnswering"> & {
    readonly scheduler: Scheduler;
    readonly channel: GossipChannel;
    readonly witnessSigner: NoteSigner;
    /** The present name of our log. */
    readonly ownOrigin: string;
    readonly intervalMs: number;
    /** Proof and bytes of the first leaf of our present log; undefined while it is the first log. */
    readonly firstLeaf: () => Promise<{ readonly proof: string; readonly leaf: Uint8Array } | undefined>;
  };

export type Gossip = Worker & {
  /** Asks every peer once and judges what it says; answers whether our own log may still be written. */
  readonly round: () => Promise<Result<true>>;
  /** What a peer is told; what it tells is judged in the background. */
  readonly answer: (peer: string, tidings: Tidings) => Promise<Tidings>;
  readonly consistency: (origin: string, first: bigint, second: bigint) => Promise<Result<Hash[]>>;
};

/** A federation has tens of regions. */
const MAX_NOTES = 256;
const MAX_NOTE_CHARS = 8_192;
/** What was judged once is not asked about again; forgotten in bulk, since it may always be judged anew. */
const MAX_JUDGED = 10_000;

/**
 * A witness alone sees one history; a log that shows another to somebody else is found out when the two compare. Every
 * checkpoint interval each node tells its peers what it has seen last, and asks the log itself to prove that it fits together.
 */
export function createGossip(deps: GossipDeps): Gossip {
  const { store, channel, logger } = deps;
  const ear = createEar(deps);
  let pending: Promise<unknown> = Promise.resolve();
  let cancel = () => {};
  let isRunning = false;

  const round = async (): Promise<Result<true>> => {
    const failed = (fault: unknown) => logger.warn({ err: fault }, "a peer's tidings could not be judged");
    await Promise.all(deps.peers().map(({ region }) => ear.ask(region).catch(failed)));
    const own = await standing(store);
    // Those that were asked before the peer that knew better hear of it too.
    if (!own.ok) await Promise.all(deps.peers().map(async ({ region }) => channel.gossip(region, await tidings(deps))));
    return own;
  };
  const inBackground = (work: () => Promise<unknown>) => {
    pending = pending.then(work).catch((fault: unknown) => logger.warn({ err: fault }, "gossip failed; trying again"));
    return pending;
  };
  const turn = () => {
    void inBackground(round).then(() => {
      if (isRunning) cancel = deps.scheduler.after(deps.intervalMs, turn);
    });
  };

  return {
    name: "audit-gossip",
    start() {
      isRunning = true;
      turn();
    },
    async stop() {
      isRunning = false;
      cancel();
      await pending;
    },
    round,
    answer(peer, heard) {
      if (ear.queue(peer, heard)) void inBackground(() => ear.hearQueued(peer));
      return tidings(deps, peer);
    },
    consistency: (origin, first, second) => proveOwn(deps, origin, first, second),
  };
}

async function tidings(deps: GossipDeps, forPeer?: string): Promise<Tidings> {
  const head = await read(deps.store, latestCheckpoint);
  const own = head === undefined ? "" : writeNote(head.text, [head.logLine]);
  const isHalted = !(await standing(deps.store)).ok;
  const notes = (await everySeen(deps.store)).map(({ origin, seen: { note } }) =>
    namedLog(deps.peers(), origin)?.region === forPeer ? withCosignature(deps, note) : note,
  );
  return { own, seen: notes.slice(0, MAX_NOTES), isHalted };
}

/** Asks, hears and judges. */
function createEar(deps: GossipDeps) {
  const { channel } = deps;
  const isAnswering = async (region: string) => (await channel.gossip(region, await tidings(deps, region))).ok;
  const judge: JudgeDeps = { ...deps, consistency: channel.consistency, isAnswering };
  /** What each peer told last and nobody has judged yet. */
  const unjudged = new Map<string, Tidings>();
  const judged = new Set<string>();

  async function hear(from: string, { own, seen, isHalted }: Tidings): Promise<void> {
    if (isHalted) await judgeConfession(judge, from, own);
    for (const note of seen.slice(0, MAX_NOTES)) {
      if (note.length > MAX_NOTE_CHARS) continue;
      if ((await hearOfOwn(deps, from, note)) === "older-log") await announce(from);
      const key = `${from} ${note.slice(0, note.lastIndexOf("\n\n"))}`;
      if (judged.size > MAX_JUDGED) judged.clear();
      if (!judged.has(key) && (await judgeSeen(judge, from, note))) judged.add(key);
    }
  }
  /** In which log ours goes on, for a peer that still knows the one before. */
  async function announce(region: string): Promise<void> {
    const first = await deps.firstLeaf();
    if (first !== undefined) await channel.succeed(region, first.proof, first.leaf);
  }

  return {
    async ask(region: string): Promise<void> {
      const before = await lastOfRegion(judge, region);
      const answer = await channel.gossip(region, await tidings(deps, region));
      if (!answer.ok) return;
      await hear(region, answer.value);
      // What it had signed before we asked, and does not show when asked, is gone from its disk.
      if (before !== undefined && !answer.value.isHalted) await judgeHead(judge, before, answer.value.own);
    },
    /** Only the newest of a peer waits; false when one waits already, in whose place this is heard. */
    queue(peer: string, heard: Tidings): boolean {
      const isFirst = !unjudged.has(peer);
      unjudged.set(peer, heard);
      return isFirst;
    },
    async hearQueued(peer: string): Promise<void> {
      const heard = unjudged.get(peer);
      unjudged.delete(peer);
      if (heard !== undefined) await hear(peer, heard);
    },
  };
}

/** For the log's own region: our cosignature says until when it was seen so, which is what a restore begins with. */
function withCosignature({ runtime, witnessSigner }: GossipDeps, note: string): string {
  const parts = splitNote(note);
  return parts.ok ? note + cosignNote(parts.value.text, witnessSigner, runtime.nowMs()) : note;
}

/** How our log grew from one size to another; only for the log as it is now. */
async function proveOwn(deps: GossipDeps, origin: string, first: bigint, second: bigint): Promise<Result<Hash[]>> {
  const { store, tree, ownOrigin } = deps;
  const held = await tree.grow();
  if (origin !== ownOrigin || second > held || first > second) return notCovered(second, held);
  const own = await standing(store);
  return own.ok ? ok(await tree.consistency(first, second)) : own;
}
