import { sha256 } from "../kernel/digest.ts";
import { fail } from "./refusal.ts";
import { byteOrder } from "./values.ts";

/** `id` and `digest` are 64 hex digits: receiptId and coreDigest. */
export type TreeEntry = { readonly id: string; readonly digest: string };

export type TreeNode = {
  readonly prefix: string;
  readonly count: number;
  readonly hash: string;
  /** Up to 16 entries are listed, sorted by id … */
  readonly entries?: readonly TreeEntry[];
  /** … of more, the hashes of the sixteen children. */
  readonly children?: readonly string[];
};

/** A 16-way hash tree over receipts; its root depends on the set only. Source: settlement.md §11. */
export type HashTree = {
  readonly root: () => string;
  readonly node: (prefix: string) => TreeNode;
};

export const LIST_LIMIT = 16;
const NIBBLES = "0123456789abcdef";
const NO_ENTRY = sha256(Uint8Array.of(2));

export function hashTree(entries: readonly TreeEntry[]): HashTree {
  const sorted = [...entries].sort((a, b) => byteOrder(a.id, b.id));
  const inner = new Map<string, Buffer>();
  const hashOf = (prefix: string, from: number, to: number): Buffer => {
    if (to === from) return NO_ENTRY;
    if (to === from + 1) return leafHash(sorted[from] as TreeEntry);
    const known = inner.get(prefix);
    if (known !== undefined) return known;
    const hash = sha256(Buffer.concat([Uint8Array.of(1), ...childHashes(prefix, from, to)]));
    // Deep nodes are cheap to compute again and many; the top of the tree is what reconciliation asks for.
    if (to - from > LIST_LIMIT) inner.set(prefix, hash);
    return hash;
  };
  const childHashes = (prefix: string, from: number, to: number): Buffer[] => {
    let start = from;
    return [...NIBBLES].map((nibble) => {
      const begin = start;
      while (start < to && sorted[start]?.id[prefix.length] === nibble) start++;
      return hashOf(prefix + nibble, begin, start);
    });
  };
  return {
    root: () => hashOf("", 0, sorted.length).toString("hex"),
    node: (prefix) => {
      if (!/^[0-9a-f]{0,64}$/.test(prefix)) fail("TREE_BAD_PREFIX", { value: prefix.slice(0, 80) });
      const from = lowerBound(sorted, prefix);
      // "g" sorts after every hex digit.
      const to = lowerBound(sorted, `${prefix}g`);
      const node = { prefix, count: to - from, hash: hashOf(prefix, from, to).toString("hex") };
      if (node.count <= LIST_LIMIT) return { ...node, entries: sorted.slice(from, to) };
      return { ...node, children: childHashes(prefix, from, to).map((hash) => hash.toString("hex")) };
    },
  };
}

export function receiptsRoot(entries: readonly TreeEntry[]): string {
  return hashTree(entries).root();
}

function leafHash({ id, digest }: TreeEntry): Buffer {
  return sha256(Buffer.concat([Uint8Array.of(0), Buffer.from(id, "hex"), Buffer.from(digest, "hex")]));
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
