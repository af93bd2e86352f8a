import { parseCheckpoint } from "../../node/audit/checkpoint.ts";
import { hashOfNodes, leafHash, nodeHash, nodesOf } from "../../node/audit/merkle.ts";
import type { AuditLeaf } from "../../node/audit/model.ts";
import { canonicalBytes } from "../../node/kernel/canonical-json.ts";
import type { SeenCheckpoint } from "./story.ts";

export type SeenLeaf = { readonly index: string; readonly leaf: AuditLeaf };

/**
 * The log as it was read at the end, against what it said of itself before: every checkpoint that was ever seen must be the
 * root over the first leaves there are now, and the leaves of each agreement must be numbered without gap and chained.
 */
export function* faultsOfLog(
  region: string,
  leaves: readonly SeenLeaf[],
  checkpoints: readonly SeenCheckpoint[],
): Generator<string> {
  const hashes = leaves.map(({ leaf }) => leafHash(canonicalBytes(leaf)));
  for (const [i, { index }] of leaves.entries()) {
    if (index !== String(i)) yield `${region}: leaf ${index} stands at place ${i}`;
  }
  for (const { note } of checkpoints) {
    const checkpoint = parseCheckpoint(`${note.split("\n").slice(0, 3).join("\n")}\n`);
    if (!checkpoint.ok) {
      yield `${region}: a checkpoint that is none: ${note.slice(0, 80)}`;
      continue;
    }
    const { size, root } = checkpoint.value;
    if (size > BigInt(hashes.length)) yield `${region}: ${size} leaves were signed, ${hashes.length} are left`;
    else if (!Buffer.from(root).equals(rootOf(hashes, size))) yield `${region}: checkpoint ${size} is of other leaves`;
  }
  yield* brokenAgreements(region, leaves, hashes);
}

function rootOf(hashes: readonly Uint8Array[], size: bigint): Uint8Array {
  return hashOfNodes(
    nodesOf({ from: 0n, to: size }).map(({ level, index }) => {
      const width = 2 ** level;
      return subtree(hashes.slice(Number(index) * width, (Number(index) + 1) * width));
    }),
  );
}

function subtree(hashes: readonly Uint8Array[]): Uint8Array {
  const [only] = hashes;
  if (hashes.length === 1 && only !== undefined) return only;
  const middle = hashes.length / 2;
  return nodeHash(subtree(hashes.slice(0, middle)), subtree(hashes.slice(middle)));
}

function* brokenAgreements(
  region: string,
  leaves: readonly SeenLeaf[],
  hashes: readonly Uint8Array[],
): Generator<string> {
  const heads = new Map<string, { readonly seq: number; readonly hash: string }>();
  for (const [i, { leaf }] of leaves.entries()) {
    const { agreementId, agreementSeq, agreementPrev } = leaf.detail;
    if (agreementId === undefined) continue;
    const { seq, hash } = heads.get(agreementId) ?? { seq: 0, hash: undefined };
    const isNext = Number(agreementSeq) === seq + 1 && (hash === undefined || hash === agreementPrev);
    if (!isNext) yield `${region}: leaf ${agreementSeq} of ${agreementId} follows ${seq}`;
    heads.set(agreementId, { seq: Number(agreementSeq), hash: Buffer.from(hashes[i] ?? []).toString("hex") });
  }
}
