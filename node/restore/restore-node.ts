import { beginLog, beginTakingBack, endRestore, isBeginning } from "../audit/begin-log.ts";
import { ownGeneration } from "../audit/generation.ts";
import { originIn } from "../audit/log-names.ts";
import { signerUnder } from "../audit/note.ts";
import { openOwn } from "../audit/standing.ts";
import { logHead } from "../audit/store.ts";
import { type ExchangeError, ok, type Result } from "../kernel/exchange-error.ts";
import { ExchangeFault } from "../kernel/exchange-fault.ts";
import type { Settlement } from "../settlement/process-model.ts";
import { settlements } from "../settlement/store.ts";
import { collection } from "../storage/collection.ts";
import { list, read, transact } from "../storage/transact.ts";
import type { RestoreDeps, Taken } from "./deps.ts";
import { nodesRun, peerAway } from "./refusal.ts";
import { takeAgreement } from "./take-agreement.ts";
import { takeEntry } from "./take-entry.ts";
import { takeReceipt } from "./take-receipt.ts";
import { takeSettlement } from "./take-settlement.ts";

export type RestoreProgress = {
  readonly stage: "asking" | "log" | "records";
  readonly peer?: string;
  readonly done?: number;
};

export type RestoreReport = {
  /** `current`: no peer holds more than this disk, so it stayed as it is. */
  readonly outcome: "current" | "restored";
  /** The log that this node goes on with; a new one where peers had seen more of the old one than is here. */
  readonly origin: string;
  readonly isNewLog: boolean;
  readonly kept: string;
  /** The old log's last checkpoint that a peer had seen. */
  readonly signed: string | null;
  readonly peers: readonly string[];
  readonly taken: { readonly [kind: string]: number };
  /** Records that a peer gave back and that did not hold; none of them was taken. */
  readonly refused: readonly { readonly kind: string; readonly peer: string; readonly error: ExchangeError }[];
};

export type RestoreOptions = {
  /** Regions that are not asked, on the operator's word. */
  readonly without?: readonly string[];
  readonly onProgress?: (progress: RestoreProgress) => void;
};

type Take = (deps: RestoreDeps, peer: string, record: unknown) => Promise<Taken>;
const TAKE: { readonly [kind: string]: Take } = {
  agreement: takeAgreement,
  receipt: takeReceipt,
  settlement: takeSettlement,
  entry: takeEntry,
};

/** Leaf numbers in settlements follow the move of the leaves, once. */
const movedFor = collection<{ readonly generation: number }>("audit-head").at("moved");

/**
 * Brings a node back whose disk is of an earlier day: asks every peer what it has seen, begins a new log with the last checkpoint
 * that is not here any more, takes back what was signed. Nothing is written before all have been asked; broken off, it goes on.
 */
export async function restoreNode(deps: RestoreDeps, options: RestoreOptions = {}): Promise<Result<RestoreReport>> {
  const { store, log } = deps;
  if (!(await deps.claimAlone())) return nodesRun();
  const peers = deps.trust
    .peers()
    .map(({ id }) => id)
    .filter((id) => !options.without?.includes(id));
  const highest = await askAll(deps, peers, options);
  if (!highest.ok) return highest;
  const isGoingOn = await isBeginning(store);
  const kept = (await read(store, logHead))?.size ?? "0";
  const own = (await read(store, ownGeneration))?.generation ?? 1;
  const seen = highest.value;
  const isHalted = (await read(store, logHead))?.halted !== undefined;
  const isBehind =
    seen !== undefined && (seen.generation > own || (seen.generation === own && seen.size > BigInt(kept)));
  const about = [kept, seen, peers] as const;
  if (!isGoingOn && !isBehind && !isHalted) {
    // Between two checkpoints no peer has seen the log grow, and yet they hold what was signed meanwhile.
    await beginTakingBack(store);
    const found = await takeAll(deps, peers, options);
    await endRestore(store);
    const outcome = Object.keys(found.taken).length === 0 ? "current" : "restored";
    return ok({ ...report(outcome, originIn(log.name, own), ...about), ...found });
  }

  let generation = own;
  // Lower than ours: the new log has begun already, and peers have not heard of it.
  if (seen !== undefined && seen.generation >= own) {
    options.onProgress?.({ stage: "log" });
    generation = seen.generation + 1;
    const signer = signerUnder(log, originIn(log.name, generation));
    await beginLog(deps, signer, generation, { origin: seen.origin, note: seen.note });
  }
  await moveLeafNumbers(deps, generation);
  const { taken, refused } = await takeAll(deps, peers, options);
  await endRestore(store);
  const isNewLog = isGoingOn || generation !== own;
  return ok({ ...report("restored", originIn(log.name, generation), ...about), isNewLog, taken, refused });
}

type Highest = { origin: string; generation: number; size: bigint; note: string };

async function askAll(
  deps: RestoreDeps,
  peers: readonly string[],
  { onProgress }: RestoreOptions,
): Promise<Result<Highest | undefined>> {
  let highest: Highest | undefined;
  for (const peer of peers) {
    onProgress?.({ stage: "asking", peer });
    const answer = await deps.gossip.gossip(peer, { own: "", seen: [], isHalted: false });
    if (!answer.ok) return peerAway(peer, answer.error.code);
    for (const note of answer.value.seen) {
      const found = openOwn(deps.log.vkey, note);
      if (found === undefined) continue;
      const { origin, generation, size } = found;
      const isHigher =
        highest === undefined ||
        generation > highest.generation ||
        (generation === highest.generation && size > highest.size);
      if (isHigher) highest = { origin, generation, size, note };
    }
  }
  return ok(highest);
}

async function takeAll(deps: RestoreDeps, peers: readonly string[], { onProgress }: RestoreOptions) {
  const taken: { [kind: string]: number } = {};
  const refused: { kind: string; peer: string; error: ExchangeError }[] = [];
  let done = 0;
  for (const peer of peers) {
    try {
      for await (const { kind, record } of deps.holdings(peer)) {
        const result = await TAKE[kind]?.(deps, peer, record);
        done += 1;
        onProgress?.({ stage: "records", peer, done });
        if (result?.ok && result.value === "taken") taken[kind] = (taken[kind] ?? 0) + 1;
        // One bad record does not keep back the others; it is named at the end.
        if (result?.ok === false) refused.push({ kind, peer, error: result.error });
      }
    } catch (fault) {
      if (!(fault instanceof ExchangeFault)) throw fault;
      throw new ExchangeFault(peerAway(peer, fault.error.code).error);
    }
  }
  return { taken, refused };
}

async function moveLeafNumbers({ store }: RestoreDeps, generation: number): Promise<void> {
  const found: Settlement[] = [];
  for await (const settlement of list(store, settlements)) if (settlement.leafIndex !== null) found.push(settlement);
  await transact(store, [movedFor], (tx) => {
    if ((tx.get(movedFor)?.generation ?? 1) >= generation) return ok(true);
    for (const one of found) {
      const leafIndex = String(BigInt(one.leafIndex ?? "0") + 1n);
      tx.put(settlements.at(one.periodId, one.agreementId), { ...one, leafIndex });
    }
    tx.put(movedFor, { generation });
    return ok(true);
  });
}

function report(
  outcome: RestoreReport["outcome"],
  origin: string,
  kept: string,
  seen: Highest | undefined,
  peers: readonly string[],
): RestoreReport {
  return {
    outcome,
    origin,
    isNewLog: false,
    kept,
    signed: seen === undefined ? null : String(seen.size),
    peers,
    taken: {},
    refused: [],
  };
}
