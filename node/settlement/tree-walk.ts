import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Receipt } from "../metering/model.ts";
import { compareRound, type Differences } from "./reconcile.ts";
import type { TreeEntry, TreeNode } from "./tree-fold.ts";
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
  /** Whole receipts, as the peer sent them. Throws `ExchangeFault`. */
  readonly receipts?: (region: string, agreementId: string, receiptIds: readonly string[]) => AsyncIterable<Receipt>;
  readonly treeNodes: (region: string, request: TreeRequest) => Promise<Result<readonly WireTreeNode[]>>;
};

export function toWire({ prefix, count, hash, entries, children }: TreeNode): WireTreeNode {
  const node = { prefix, count: String(count), hash };
  if (children !== undefined) return { ...node, children };
  return { ...node, entries: (entries ?? []).map(({ id, digest }) => ({ receiptId: id, coreDigest: digest })) };
}

/** What a peer lists counts only where it may stand: a receipt once, in order, below the prefix. */
function fromWire({ prefix, count, hash, entries, children }: WireTreeNode): TreeNode {
  const node = { prefix, count: Number(count), hash };
  if (children !== undefined && children.length > 0) return { ...node, children };
  const listed = new Map<string, TreeEntry>();
  for (const { receiptId: id, coreDigest: digest } of entries ?? []) {
    if (HASH.test(id) && HASH.test(digest) && id.startsWith(prefix)) listed.set(id, { id, digest });
  }
  return { ...node, entries: [...listed.values()].sort((a, b) => byteOrder(a.id, b.id)) };
}

/** Ids are hashes, so a billion of them part within a dozen nibbles; a peer that always answers "differs" must not keep us walking. */
const MAX_ROUNDS = 24;
/**
 * Nor make us ask and keep ever more: a round asks for what a peer answers at once, and after enough were found people
 * have something to look at. A new comparison, after those are mended, finds the rest.
 */
const MAX_PREFIXES = 4_096;
const MAX_FOUND = 10_000;
const SIDES = ["onlyA", "onlyB", "differ"] as const;
const HASH = /^[0-9a-f]{64}$/;

/** A tree's nodes at the given prefixes, in their order. */
export type TreeNodes = (prefixes: readonly string[]) => Promise<readonly TreeNode[]>;

/** Finds the receipts that differ by walking the peer's tree beside our own. Source: settlement.md §11. */
export async function walkPeerTree(
  own: TreeNodes,
  ask: (prefixes: readonly string[]) => Promise<Result<readonly WireTreeNode[]>>,
): Promise<Result<Differences & { readonly rounds: number }>> {
  const all: Differences = { onlyA: [], onlyB: [], differ: [] };
  let rounds = 0;
  const isEnough = () => all.onlyA.length + all.onlyB.length + all.differ.length >= MAX_FOUND;
  for (let frontier = [""]; frontier.length > 0 && rounds < MAX_ROUNDS && !isEnough(); rounds++) {
    const answer = await ask(frontier);
    if (!answer.ok) return answer;
    const byPrefix = new Map(answer.value.map((node) => [node.prefix, fromWire(node)]));
    const next: string[] = [];
    for (const node of await own(frontier)) {
      const { prefix } = node;
      const theirs: TreeNode = byPrefix.get(prefix) ?? { prefix, count: 0, hash: "", entries: [] };
      const found = compareRound([node], [theirs]);
      if (!isEnough()) for (const side of SIDES) all[side].push(...found[side].slice(0, MAX_FOUND));
      if (next.length < MAX_PREFIXES) next.push(...found.next);
    }
    frontier = next.slice(0, MAX_PREFIXES);
  }
  for (const ids of [all.onlyA, all.onlyB, all.differ]) ids.sort(byteOrder);
  return ok({ ...all, rounds });
}
