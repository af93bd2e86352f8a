import { sha256 } from "../kernel/digest.ts";

/** A hash of 32 bytes. Everything in this file is RFC 6962 §2.1 (proof checks: RFC 9162 §2.1.3.2 and §2.1.4.2). */
export type Hash = Uint8Array;

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export const emptyRoot: Hash = sha256("");

export function leafHash(data: Uint8Array): Hash {
  return sha256(Buffer.concat([LEAF, data]));
}

export function nodeHash(left: Hash, right: Hash): Hash {
  return sha256(Buffer.concat([NODE, left, right]));
}

/** A complete subtree: the 2^level leaves from index · 2^level on. */
export type TreeNode = { readonly level: number; readonly index: bigint };

/** Leaves `from` (inclusive) to `to` (exclusive), as they occur when the tree is split. */
export type LeafRange = { readonly from: bigint; readonly to: bigint };

/** The complete subtrees that make up a range, from left to right. */
export function nodesOf({ from, to }: LeafRange): TreeNode[] {
  const nodes: TreeNode[] = [];
  for (let start = from; start < to; ) {
    const level = (to - start).toString(2).length - 1;
    nodes.push({ level, index: start >> BigInt(level) });
    start += 1n << BigInt(level);
  }
  return nodes;
}

/** The hash of a range, from the hashes of its `nodesOf`. */
export function hashOfNodes(hashes: readonly Hash[]): Hash {
  const last = hashes.at(-1);
  if (last === undefined) return emptyRoot;
  return hashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
}

/** Which ranges prove that leaf `index` is in the tree of `size`, from the leaf's sibling upwards. Needs index < size. */
export function inclusionRanges(index: bigint, size: bigint): LeafRange[] {
  const ranges: LeafRange[] = [];
  for (let from = 0n, to = size; to - from > 1n; ) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      ranges.push({ from: middle, to });
      to = middle;
    } else {
      ranges.push({ from, to: middle });
      from = middle;
    }
  }
  return ranges.reverse();
}

/** Which ranges prove that the tree of `second` leaves begins with the tree of `first`. Needs first ≤ second. */
export function consistencyRanges(first: bigint, second: bigint): LeafRange[] {
  if (first === 0n || first === second) return [];
  const ranges: LeafRange[] = [];
  let from = 0n;
  let to = second;
  while (first !== to) {
    const middle = from + splitOf(to - from);
    if (first <= middle) {
      ranges.push({ from: middle, to });
      to = middle;
    } else {
      ranges.push({ from, to: middle });
      from = middle;
    }
  }
  // Where the old tree is a whole left part of the new one, the verifier knows its root already.
  if (from !== 0n) ranges.push({ from, to });
  return ranges.reverse();
}

export function verifyInclusion(
  proof: readonly Hash[],
  claim: { readonly index: bigint; readonly size: bigint; readonly leafHash: Hash; readonly root: Hash },
): boolean {
  if (claim.index < 0n || claim.index >= claim.size) return false;
  let node = claim.index;
  let last = claim.size - 1n;
  let hash = claim.leafHash;
  for (const sibling of proof) {
    if (last === 0n) return false;
    if (isOdd(node) || node === last) {
      hash = nodeHash(sibling, hash);
      while (!isOdd(node) && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n && isEqual(hash, claim.root);
}

export function verifyConsistency(
  proof: readonly Hash[],
  claim: { readonly first: bigint; readonly second: bigint; readonly firstRoot: Hash; readonly secondRoot: Hash },
): boolean {
  const { first, second, firstRoot, secondRoot } = claim;
  if (first < 0n || first > second) return false;
  if (first === second) return proof.length === 0 && isEqual(firstRoot, secondRoot);
  if (first === 0n) return proof.length === 0 && isEqual(firstRoot, emptyRoot);

  let node = first - 1n;
  let last = second - 1n;
  while (isOdd(node)) {
    node >>= 1n;
    last >>= 1n;
  }
  const [seed, ...rest] = node === 0n ? [firstRoot, ...proof] : proof;
  if (seed === undefined) return false;
  let older = seed;
  let newer = seed;
  for (const sibling of rest) {
    if (last === 0n) return false;
    if (isOdd(node) || node === last) {
      older = nodeHash(sibling, older);
      newer = nodeHash(sibling, newer);
      while (!isOdd(node) && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      newer = nodeHash(newer, sibling);
    }
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n && isEqual(older, firstRoot) && isEqual(newer, secondRoot);
}

/** The largest power of two below n, for n ≥ 2. */
function splitOf(n: bigint): bigint {
  return 1n << BigInt((n - 1n).toString(2).length - 1);
}

function isOdd(n: bigint): boolean {
  return (n & 1n) === 1n;
}

export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
