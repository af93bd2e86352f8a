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
const HASH_BYTES = 32;
const NIBBLES = "0123456789abcdef";
const NO_ENTRY = sha256(Uint8Array.of(2));
/** `0x00`, id, digest; filled in anew for each leaf. */
const LEAF = Buffer.alloc(1 + 2 * HASH_BYTES);

export function hashTree(entries: readonly TreeEntry[]): HashTree {
  const sorted = [...entries].sort((a, b) => byteOrder(a.id, b.id));
  const known = new Map<string, Buffer>();
  /** One buffer per depth, so that a million entries do not make a million of them. */
  const scratch: Buffer[] = [];

  const hashOf = (prefix: string, from: number, to: number): Buffer => {
    if (to === from) return NO_ENTRY;
    if (to === from + 1) return leafHash(sorted[from] as TreeEntry);
    const earlier = known.get(prefix);
    if (earlier !== undefined) return earlier;
    const hash = sha256(innerBytes(prefix, from, to));
    // Deep nodes are cheap to compute again and many; the top of the tree is what reconciliation asks for.
    if (to - from > LIST_LIMIT) known.set(prefix, hash);
    return hash;
  };

  /** `0x01` and the sixteen child hashes; valid until the next node of this depth. */
  const innerBytes = (prefix: string, from: number, to: number): Buffer => {
    const depth = prefix.length;
    scratch[depth] ??= Buffer.alloc(1 + 16 * HASH_BYTES, 1);
    const bytes = scratch[depth];
    let start = from;
    for (let nibble = 0; nibble < 16; nibble++) {
      const begin = start;
      const code = NIBBLES.charCodeAt(nibble);
      while (start < to && sorted[start]?.id.charCodeAt(depth) === code) start++;
      hashOf(prefix + NIBBLES[nibble], begin, start).copy(bytes, 1 + nibble * HASH_BYTES);
    }
    return bytes;
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
      const bytes = innerBytes(prefix, from, to);
      const child = (nibble: number) => bytes.subarray(1 + nibble * HASH_BYTES, 1 + (nibble + 1) * HASH_BYTES);
      return { ...node, children: Array.from({ length: 16 }, (_, nibble) => child(nibble).toString("hex")) };
    },
  };
}

function leafHash({ id, digest }: TreeEntry): Buffer {
  LEAF.write(id, 1, "hex");
  LEAF.write(digest, 1 + HASH_BYTES, "hex");
  return sha256(LEAF);
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
