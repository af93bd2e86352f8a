import { canonicalText, digestOf } from "../kernel/canonical-json.ts";
import { ok } from "../kernel/exchange-error.ts";
import { instantOf } from "../kernel/instant.ts";
import type { Runtime } from "../kernel/runtime.ts";
import { collection } from "../storage/collection.ts";
import type { Store } from "../storage/port.ts";
import { list, read, transact } from "../storage/transact.ts";
import { ownGeneration } from "./generation.ts";
import type { AuditLeaf } from "./model.ts";
import type { NoteSigner } from "./note.ts";
import { latestCheckpoint, signedHead, witnessedCheckpoint } from "./signed-head.ts";
import { agreementLeaves, leafBytes, logHead, subjectLeaves } from "./store.ts";
import type { SuccessionDetail } from "./succession.ts";
import { treeHead } from "./tree.ts";

/** A new log on its way. While it stands the node does not start. */
type Beginning = {
  readonly generation: number;
  readonly detail: SuccessionDetail;
  /** Leaves below this number still stand where they stood in the old log; null once the new log has begun. */
  readonly next: string | null;
};

export const beginning = collection<Beginning>("audit-head").at("beginning");

/** That peers are giving back what they hold while the log stays what it is. While it stands the node does not start either. */
const takingBack = collection<true>("audit-head").at("taking-back");

const CHUNK = 1_000n;

type Deps = { readonly store: Store; readonly runtime: Runtime; readonly region: string };

/**
 * Begins the log that follows one whose disk went back: leaf 0 names the old log's last cosigned checkpoint, and the leaves
 * that are still here follow it unchanged as 1…n, so that one log proves all of an agreement's entries. Each step is one
 * commit that says how far it came; broken off, it goes on from there. Source: trust.md §4.
 */
export async function beginLog(
  deps: Deps,
  signer: NoteSigner,
  generation: number,
  last: { readonly origin: string; readonly note: string },
): Promise<void> {
  const { store } = deps;
  const kept = (await read(store, logHead))?.size ?? "0";
  const detail = { logKey: signer.vkey, previous: last.origin, checkpoint: last.note, kept };
  await transact(store, [beginning], (tx) => {
    if (tx.get(beginning) === undefined) tx.put(beginning, { generation, detail, next: kept });
    return ok(true);
  });
  for (
    let now = await read(store, beginning);
    now?.next != null && now.next !== "0";
    now = await read(store, beginning)
  ) {
    await moveUp(store, now, BigInt(now.next));
  }
  await openAnew(deps, signer.name);
}

/** From the top, so that no leaf is written over before it has moved. */
async function moveUp(store: Store, now: Beginning, next: bigint): Promise<void> {
  const from = next > CHUNK ? next - CHUNK : 0n;
  const options = from === 0n ? {} : { after: [from - 1n] };
  const leaves: Uint8Array[] = [];
  for await (const bytes of list(store, leafBytes, [], { ...options, limit: Number(next - from) })) leaves.push(bytes);
  await transact(store, [], (tx) => {
    for (let i = leaves.length - 1; i >= 0; i--) {
      const bytes = leaves[i] as Uint8Array;
      const index = from + BigInt(i);
      const to = String(index + 1n);
      const { subject, detail } = JSON.parse(Buffer.from(bytes).toString("utf8")) as AuditLeaf;
      tx.put(leafBytes.at(index + 1n), bytes);
      tx.remove(subjectLeaves.at(subject, index));
      tx.put(subjectLeaves.at(subject, index + 1n), to);
      const { agreementId, agreementSeq } = detail;
      if (agreementId !== undefined && agreementSeq !== undefined) {
        tx.put(agreementLeaves.at(agreementId, BigInt(agreementSeq)), to);
      }
    }
    tx.put(beginning, { ...now, next: String(from) });
    return ok(true);
  });
}

async function openAnew({ store, runtime, region }: Deps, origin: string): Promise<void> {
  const at = instantOf(runtime.nowMs());
  await transact(store, [beginning, logHead], (tx) => {
    const now = tx.get(beginning);
    if (now === undefined || now.next === null) return ok(true);
    const { detail, generation } = now;
    const digest = digestOf(detail);
    const leaf = {
      ...{ type: "heliu.audit.v1", at, region, kind: "log.succeeded", subject: origin },
      ...{ actor: "node", digest, detail },
    } as const;
    tx.put(leafBytes.at(0n), Buffer.from(canonicalText(leaf), "utf8"));
    tx.put(subjectLeaves.at(origin, 0n), "0");
    tx.put(logHead, { size: String(BigInt(detail.kept) + 1n) });
    tx.put(ownGeneration, { generation });
    // What was signed was signed for the old log; tiles follow from the leaves.
    for (const gone of [signedHead, latestCheckpoint, witnessedCheckpoint, treeHead]) tx.remove(gone);
    tx.put(beginning, { ...now, next: null });
    return ok(true);
  });
}

export async function isBeginning(store: Store): Promise<boolean> {
  return (await read(store, beginning)) !== undefined;
}

export async function beginTakingBack(store: Store): Promise<void> {
  await transact(store, [], (tx) => ok(tx.put(takingBack, true)));
}

/** Whether a restore was broken off, with a new log or without. */
export async function isUnfinished(store: Store): Promise<boolean> {
  return (await isBeginning(store)) || (await read(store, takingBack)) !== undefined;
}

/** Everything is back that peers held; the node may start. */
export async function endRestore(store: Store): Promise<void> {
  await transact(store, [], (tx) => {
    tx.remove(beginning);
    tx.remove(takingBack);
    return ok(true);
  });
}
