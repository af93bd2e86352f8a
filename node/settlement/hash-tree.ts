import { fail } from "./refusal.ts";
import { type TreeEntry, type TreeNode, treeFold } from "./tree-fold.ts";
import { byteOrder } from "./values.ts";

/** A 16-way hash tree over receipts; its root depends on the set only. Source: settlement.md §11. */
export type HashTree = {
  readonly root: () => string;
  readonly node: (prefix: string) => TreeNode;
};

export function checkPrefix(prefix: string): string {
  if (!/^[0-9a-f]{0,64}$/.test(prefix)) fail("TREE_BAD_PREFIX", { value: prefix.slice(0, 80) });
  return prefix;
}

/** Over entries at hand; those of a large settlement are folded as they are read. */
export function hashTree(entries: readonly TreeEntry[]): HashTree {
  const ordered = [...entries].sort((a, b) => byteOrder(a.id, b.id));
  const sorted = ordered.filter(({ id, digest }, i) => id !== ordered[i - 1]?.id || digest !== ordered[i - 1]?.digest);
  const node = (prefix: string) => {
    const fold = treeFold(checkPrefix(prefix));
    // "g" sorts after every hex digit.
    for (let at = lowerBound(sorted, prefix), end = lowerBound(sorted, `${prefix}g`); at < end; at++) {
      fold.add(sorted[at] as TreeEntry);
    }
    return fold.finish();
  };
  return { root: () => node("").hash, node };
}

function lowerBound(sorted: readonly TreeEntry[], id: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.id ?? "") < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
