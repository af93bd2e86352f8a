import { LIST_LIMIT, type TreeNode, treeFold } from "./tree-fold.ts";
import { byteOrder } from "./values.ts";

export type Differences = {
  readonly onlyA: string[];
  readonly onlyB: string[];
  /** On both sides, with different digests. */
  readonly differ: string[];
};

/** One round of walking down two trees from where they differ: nodes of both sides in, next prefixes out. */
export type RoundOutcome = Differences & { readonly next: string[] };

/** Compares the two sides' nodes of one frontier, pairwise in the same order. Source: settlement.md §11. */
export function compareRound(a: readonly TreeNode[], b: readonly TreeNode[]): RoundOutcome {
  const outcome: RoundOutcome = { onlyA: [], onlyB: [], differ: [], next: [] };
  a.forEach((nodeA, i) => {
    const nodeB = b[i];
    if (nodeB === undefined || nodeA.hash === nodeB.hash) return;
    if (Math.max(nodeA.count, nodeB.count) <= LIST_LIMIT) compareEntries(nodeA, nodeB, outcome);
    else {
      const childrenA = childrenOf(nodeA);
      const childrenB = childrenOf(nodeB);
      childrenA.forEach((hash, nibble) => {
        if (hash !== childrenB[nibble]) outcome.next.push(nodeA.prefix + nibble.toString(16));
      });
    }
  });
  return outcome;
}

/** A side that lists its entries has not sent child hashes; they follow from the entries. */
function childrenOf({ prefix, entries, children }: TreeNode): readonly string[] {
  if (children !== undefined) return children;
  const fold = treeFold(prefix);
  for (const entry of entries ?? []) fold.add(entry);
  return fold.children();
}

function compareEntries(a: TreeNode, b: TreeNode, { onlyA, onlyB, differ }: RoundOutcome): void {
  const ofB = new Map((b.entries ?? []).map(({ id, digest }) => [id, digest]));
  for (const { id, digest } of a.entries ?? []) {
    const other = ofB.get(id);
    if (other === undefined) onlyA.push(id);
    else if (other !== digest) differ.push(id);
    ofB.delete(id);
  }
  onlyB.push(...ofB.keys());
}

/** The whole walk with both trees at hand; over the wire each round is one message. */
export function reconcile(
  nodesOfA: (prefixes: readonly string[]) => readonly TreeNode[],
  nodesOfB: (prefixes: readonly string[]) => readonly TreeNode[],
): Differences & { readonly rounds: number; readonly nodesAsked: number } {
  const all: Differences = { onlyA: [], onlyB: [], differ: [] };
  let rounds = 0;
  let nodesAsked = 0;
  for (let frontier = [""]; frontier.length > 0; ) {
    rounds++;
    nodesAsked += frontier.length;
    const { onlyA, onlyB, differ, next } = compareRound(nodesOfA(frontier), nodesOfB(frontier));
    all.onlyA.push(...onlyA);
    all.onlyB.push(...onlyB);
    all.differ.push(...differ);
    frontier = next;
  }
  for (const ids of [all.onlyA, all.onlyB, all.differ]) ids.sort(byteOrder);
  return { ...all, rounds, nodesAsked };
}
