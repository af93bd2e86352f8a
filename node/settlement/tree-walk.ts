import { ok, type Result } from "../kernel/exchange-error.ts";
import type { HashTree, TreeNode } from "./hash-tree.ts";
import { compareRound, type Differences } from "./reconcile.ts";
import { byteOrder } from "./values.ts";

/** A node of the tree as it goes over the wire. */
export type WireTreeNode = {
  readonly prefix: string;
  readonly count: string;
  readonly hash: string;
  readonly entries?: readonly { readonly receiptId: string; readonly coreDigest: string }[];
  readonly children?: readonly string[];
};

export type TreeRequest = {
  readonly agreementId: string;
  readonly periodId: string;
  readonly prefixes: readonly string[];
};

/** The port to a peer's tree: one message a round. */
export type TreeChannel = {
  readonly treeNodes: (region: string, request: TreeRequest) => Promise<Result<readonly WireTreeNode[]>>;
};

export function toWire({ prefix, count, hash, entries, children }: TreeNode): WireTreeNode {
  const node = { prefix, count: String(count), hash };
  if (children !== undefined) return { ...node, children };
  return { ...node, entries: (entries ?? []).map(({ id, digest }) => ({ receiptId: id, coreDigest: digest })) };
}

function fromWire({ prefix, count, hash, entries, children }: WireTreeNode): TreeNode {
  const node = { prefix, count: Number(count), hash };
  if (children !== undefined && children.length > 0) return { ...node, children };
  return {
    ...node,
    entries: (entries ?? []).map(({ receiptId, coreDigest }) => ({ id: receiptId, digest: coreDigest })),
  };
}

/** Ids are 64 nibbles deep; a peer that always answers "differs" must not keep us walking for ever. */
const MAX_ROUNDS = 65;

/** Finds the receipts that differ by walking the peer's tree beside our own. Source: settlement.md §11. */
export async function walkPeerTree(
  own: HashTree,
  ask: (prefixes: readonly string[]) => Promise<Result<readonly WireTreeNode[]>>,
): Promise<Result<Differences & { readonly rounds: number }>> {
  const all: Differences = { onlyA: [], onlyB: [], differ: [] };
  let rounds = 0;
  for (let frontier = [""]; frontier.length > 0 && rounds < MAX_ROUNDS; rounds++) {
    const answer = await ask(frontier);
    if (!answer.ok) return answer;
    const byPrefix = new Map(answer.value.map((node) => [node.prefix, fromWire(node)]));
    const theirs = frontier.map(
      (prefix): TreeNode => byPrefix.get(prefix) ?? { prefix, count: 0, hash: "", entries: [] },
    );
    const { onlyA, onlyB, differ, next } = compareRound(frontier.map(own.node), theirs);
    all.onlyA.push(...onlyA);
    all.onlyB.push(...onlyB);
    all.differ.push(...differ);
    frontier = next;
  }
  for (const ids of [all.onlyA, all.onlyB, all.differ]) ids.sort(byteOrder);
  return ok({ ...all, rounds });
}
