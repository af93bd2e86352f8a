import { encodeBase64 } from "../kernel/base64.ts";
import { ok, type Result, refusals } from "../kernel/exchange-error.ts";
import type { Runtime } from "../kernel/runtime.ts";
import { collection } from "../storage/collection.ts";
import type { Store } from "../storage/port.ts";
import { read, transact } from "../storage/transact.ts";
import { checkpointText } from "./checkpoint.ts";
import { ownGeneration } from "./generation.ts";
import { isEqual } from "./merkle.ts";
import { type NoteSigner, signNote } from "./note.ts";
import { logHead, rolledBack } from "./store.ts";
import type { Tree } from "./tree.ts";

/** A checkpoint with the signatures gathered so far. */
export type StoredCheckpoint = {
  readonly size: string;
  /** Base64. */
  readonly root: string;
  readonly text: string;
  readonly logLine: string;
  /** Witness lines by the region that gave them. */
  readonly cosignatures: { readonly [region: string]: string };
};

const checkpoints = collection<StoredCheckpoint>("audit-checkpoint");
/** The newest checkpoint. */
export const latestCheckpoint = checkpoints.at("latest");
/** The newest one that a witness has signed: what a proof is best made under. */
export const witnessedCheckpoint = checkpoints.at("witnessed");

/** What this log has bound itself to, written before any signature over it leaves. */
export const signedHead = collection<{ readonly size: string; readonly root: string }>("audit-head").at("signed");

const refuse = refusals({ LOG_INCONSISTENT: "integrity", LOG_SUCCEEDED: "conflict" });

export function noteOf({ text, logLine, cosignatures }: StoredCheckpoint): string {
  return `${text}\n${logLine}${Object.values(cosignatures).join("")}`;
}

type SigningDeps = {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly tree: Tree;
  /** Which of the region's logs this process signs for. */
  readonly generation?: number;
};

/**
 * The checkpoint over all leaves of the tree; the one at hand when there are no new ones. Refuses for good when the
 * leaves no longer lead to what was signed before: a log never signs two checkpoints that are not consistent.
 */
export async function signLatest(
  { store, runtime, tree, generation = 1 }: SigningDeps,
  origin: string,
  signer: NoteSigner,
): Promise<Result<StoredCheckpoint>> {
  const head = await read(store, logHead);
  if (head?.halted !== undefined) return rolledBack(head.halted, head.size);
  const size = await tree.grow();
  const stored = await read(store, latestCheckpoint);
  if (stored?.size === String(size)) return ok(stored);
  const root = await tree.rootAt(size);

  const before = await read(store, signedHead);
  if (before !== undefined && !(await leadsTo(tree, before, size))) return inconsistent(before.size, size);
  const bound = await transact(store, [signedHead, logHead, ownGeneration], (tx) => {
    // Restored by another process meanwhile: under the name that this one knows, these leaves would be another history.
    const present = tx.get(ownGeneration)?.generation ?? 1;
    if (present !== generation) return succeeded(origin);
    const log = tx.get(logHead);
    if (log?.halted !== undefined) return rolledBack(log.halted, log.size);
    const head = tx.get(signedHead);
    if (head !== undefined && BigInt(head.size) > size) return inconsistent(head.size, size);
    tx.put(signedHead, { size: String(size), root: encodeBase64(root) });
    return ok(undefined);
  });
  if (!bound.ok) return bound;
  runtime.failPoint("audit.signed-head.stored");

  const text = checkpointText({ origin, size, root });
  const checkpoint = {
    size: String(size),
    root: encodeBase64(root),
    text,
    logLine: signNote(text, signer),
    cosignatures: {},
  };
  return await transact(store, [latestCheckpoint], (tx) => {
    const newest = tx.get(latestCheckpoint);
    if (newest !== undefined && BigInt(newest.size) >= size) return ok(newest);
    tx.put(latestCheckpoint, checkpoint);
    return ok(checkpoint);
  });
}

/** Adds a witness's lines to the checkpoint they were given for, wherever that is still kept. */
export async function addCosignature(store: Store, checkpoint: StoredCheckpoint, region: string, lines: string) {
  await transact(store, [latestCheckpoint, witnessedCheckpoint], (tx) => {
    const withLines = (held: StoredCheckpoint) => ({
      ...held,
      cosignatures: { ...held.cosignatures, [region]: lines },
    });
    const latest = tx.get(latestCheckpoint);
    if (latest?.size === checkpoint.size) tx.put(latestCheckpoint, withLines(latest));
    const witnessed = tx.get(witnessedCheckpoint);
    if (witnessed === undefined || BigInt(witnessed.size) < BigInt(checkpoint.size)) {
      tx.put(witnessedCheckpoint, withLines({ ...checkpoint, cosignatures: {} }));
    } else if (witnessed.size === checkpoint.size) {
      tx.put(witnessedCheckpoint, withLines(witnessed));
    }
    return ok(undefined);
  });
}

/** Tiles are derived: when they are damaged they are made again from the leaves before anything is concluded. */
async function leadsTo(tree: Tree, before: { size: string; root: string }, size: bigint): Promise<boolean> {
  if (BigInt(before.size) > size) return false;
  const root = Buffer.from(before.root, "base64");
  if (isEqual(await tree.rootAt(BigInt(before.size)), root)) return true;
  await tree.reset();
  await tree.grow();
  return isEqual(await tree.rootAt(BigInt(before.size)), root);
}

function succeeded(origin: string) {
  return refuse(
    "LOG_SUCCEEDED",
    {
      zh: `日志 ${origin} 已由 heliu restore 接续为新的日志,本进程仍以旧名签名,故不再签发检查点;请重启本节点。`,
      en: `heliu restore has begun a new log after ${origin}, and this process still signs under the old name; it signs no more checkpoints: restart this node.`,
    },
    { origin },
  );
}

function inconsistent(signed: string, size: bigint) {
  return refuse(
    "LOG_INCONSISTENT",
    {
      zh: `本节点已为大小 ${signed} 的审计日志签过名,现有 ${size} 条记录与之不符(例如恢复了较旧的备份);为避免自相矛盾,不再签发检查点。请恢复最新的数据。`,
      en: `This node has signed its audit log at size ${signed}, and the ${size} leaves at hand do not lead there (an older backup, for instance); it signs no more checkpoints, so as not to contradict itself. Restore the newest data.`,
    },
    { signed, size: String(size) },
  );
}
