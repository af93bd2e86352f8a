import { join } from "node:path";
import { sha256Hex } from "../../node/kernel/digest.ts";
import { mustSucceed, ok } from "../../node/kernel/exchange-error.ts";
import { rowPages } from "../../node/metering/row-pages.ts";
import { treeFold } from "../../node/settlement/tree-fold.ts";
import { type TreeNodes, toWire, type WireTreeNode, walkPeerTree } from "../../node/settlement/tree-walk.ts";
import { openLevelStore } from "../../node/storage/level.ts";
import type { Store } from "../../node/storage/port.ts";
import { withFolder } from "./level-folder.ts";
import type { BenchOptions, BenchRow } from "./row.ts";
import { AGREEMENT, PERIOD } from "./settlement-material.ts";
import { fill, rounded } from "./settlement-statement.ts";

type Target = { readonly rounds?: number; readonly bytes: number };

/**
 * Two stores that hold the same million receipts but for some that were altered in one of them: which ones, in how many
 * rounds, with how many bytes between the two. Bytes as protobuf writes the messages, both ways.
 */
export function benchReconcile(name: string, altered: number, target: Target) {
  return async ({ quick }: BenchOptions): Promise<BenchRow> => {
    const n = quick ? 100_000 : 1_000_000;
    const wrong = new Set(Array.from({ length: altered }, (_, i) => 1 + Math.floor(((i + 0.5) * n) / altered)));
    return withFolder(async (directory) => {
      const [own, peer] = await Promise.all(["own", "peer"].map((side) => openLevelStore(join(directory, side))));
      if (own === undefined || peer === undefined) throw new Error("both stores are needed");
      await fill(own, n);
      await fill(peer, n, (seq) => sha256Hex(wrong.has(seq) ? `altered ${seq}` : `core ${seq}`));
      let bytes = 0;
      const theirs = treeIn(peer);
      const from = performance.now();
      const walked = mustSucceed(
        await walkPeerTree(treeIn(own), async (prefixes) => {
          const answer = (await theirs(prefixes)).map(toWire);
          bytes += requestBytes(prefixes) + answerBytes(answer);
          return ok(answer);
        }),
      );
      const value = rounded((performance.now() - from) / 1_000);
      await Promise.all([own.close(), peer.close()]);
      const { rounds, differ, onlyA, onlyB } = walked;
      const isFound = differ.length === altered && onlyA.length + onlyB.length === 0;
      const met = isFound && bytes <= target.bytes && rounds <= (target.rounds ?? Number.POSITIVE_INFINITY);
      return { case: name, unit: "s", value, n, rounds, bytes, found: differ.length, target, met };
    });
  };
}

function treeIn(store: Store): TreeNodes {
  return async (prefixes) => {
    const nodes = [];
    for (const prefix of prefixes) {
      const fold = treeFold(prefix);
      for await (const page of rowPages(store, { agreementId: AGREEMENT, throughPeriod: PERIOD, prefix })) {
        for (const { receiptId, coreDigest } of page) fold.add({ id: receiptId, digest: coreDigest });
      }
      nodes.push(fold.finish());
    }
    return nodes;
  };
}

/** Each field: a tag, a length (two bytes above 127), the text. */
function field(text: string): number {
  const length = Buffer.byteLength(text);
  return 1 + (length < 128 ? 1 : 2) + length;
}

function nested(length: number): number {
  return 1 + (length < 128 ? 1 : 2) + length;
}

function requestBytes(prefixes: readonly string[]): number {
  // The message id is a URN of 45 characters.
  const about = field("u".repeat(45)) + field(AGREEMENT) + field(PERIOD);
  return about + prefixes.reduce((sum, prefix) => sum + field(prefix), 0);
}

function answerBytes(nodes: readonly WireTreeNode[]): number {
  return nodes.reduce((sum, { prefix, count, hash, entries = [], children = [] }) => {
    const listed = entries.reduce((all, e) => all + nested(field(e.receiptId) + field(e.coreDigest)), 0);
    const below = children.reduce((all, child) => all + field(child), 0);
    return sum + nested(field(prefix) + field(count) + field(hash) + listed + below);
  }, 0);
}
