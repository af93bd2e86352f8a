import { sha256Hex, sha256Into } from "../kernel/digest.ts";

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

const HASH_BYTES = 32;
/** A node lists so many entries instead of its children. */
export const LIST_LIMIT = 16;
const NO_ENTRY = sha256Hex(Uint8Array.of(2));
/** `0x01` and sixteen child hashes, each of them at first that of no entry. */
const EMPTY_NODE = Buffer.from(`01${NO_ENTRY.repeat(16)}`, "hex");
/** `0x00`, id, digest; filled in anew for each leaf. */
const LEAF = Buffer.alloc(1 + 2 * HASH_BYTES);

export type TreeFold = {
  /** In strictly ascending order of ids. */
  readonly add: (entry: TreeEntry) => void;
  /** Ends it: the node, … */
  readonly finish: () => TreeNode;
  /** … or the hashes of its children, which a node that lists its entries does not tell. */
  readonly children: () => readonly string[];
};

/**
 * The node of the 16-way tree at `prefix`, from the entries below it in the order of their ids. Holds the nodes on the way to
 * the last entry and nothing else, so ten million entries take what one takes. Source: settlement.md §11.
 */
export function treeFold(prefix = ""): TreeFold {
  const top = prefix.length;
  /** The node at each depth, for as long as entries may still come below it. */
  const nodes: Buffer[] = [];
  let deepest = top - 1;
  let count = 0;
  let last: TreeEntry | undefined;
  const first: TreeEntry[] = [];

  const putLast = (depth: number) => {
    for (; deepest < depth; deepest++) {
      nodes[deepest + 1] ??= Buffer.alloc(EMPTY_NODE.length);
      nodes[deepest + 1]?.set(EMPTY_NODE);
    }
    const entry = last as TreeEntry;
    const { id } = entry;
    fillLeaf(entry);
    sha256Into(nodes[deepest] as Buffer, slotOf(id, deepest), LEAF);
    // Nothing more comes below the depth that the next entry shares.
    for (; deepest > depth; deepest--) {
      sha256Into(nodes[deepest - 1] as Buffer, slotOf(id, deepest - 1), nodes[deepest] as Buffer);
    }
  };

  return {
    add(entry) {
      if (last !== undefined) {
        const shared = sharedNibbles(last.id, entry.id, top);
        if (shared === undefined) throw new Error(`the entry ${entry.id} does not come after ${last.id}`);
        putLast(shared);
      }
      last = entry;
      count++;
      if (first.length <= LIST_LIMIT) first.push(entry);
    },
    finish() {
      const node = { prefix, count, hash: hashOf() };
      return count <= LIST_LIMIT ? { ...node, entries: first } : { ...node, children: childrenIn(nodes[top]) };
    },
    children() {
      if (last !== undefined) putLast(top);
      return childrenIn(last === undefined ? EMPTY_NODE : nodes[top]);
    },
  };

  function hashOf(): string {
    if (last === undefined) return NO_ENTRY;
    if (count > 1) putLast(top);
    else fillLeaf(last);
    return sha256Hex(count > 1 ? (nodes[top] as Buffer) : LEAF);
  }
}

function childrenIn(node: Buffer | undefined): string[] {
  return Array.from({ length: 16 }, (_, nibble) => node?.toString("hex", slot(nibble), slot(nibble + 1)) ?? "");
}

function fillLeaf({ id, digest }: TreeEntry): void {
  LEAF.write(id, 1, "hex");
  LEAF.write(digest, 1 + HASH_BYTES, "hex");
}

/** How many digits two ids have in common; undefined when the second is not behind the first. */
function sharedNibbles(a: string, b: string, from: number): number | undefined {
  for (let at = from; at < 2 * HASH_BYTES; at++) {
    const difference = b.charCodeAt(at) - a.charCodeAt(at);
    if (difference !== 0) return difference > 0 ? at : undefined;
  }
  return undefined;
}

function slotOf(id: string, depth: number): number {
  const code = id.charCodeAt(depth);
  // "0"… are 48…, "a"… are 97….
  return slot(code < 97 ? code - 48 : code - 87);
}

function slot(nibble: number): number {
  return 1 + nibble * HASH_BYTES;
}
