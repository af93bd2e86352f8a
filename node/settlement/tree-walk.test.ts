import { describe, expect, it } from "vitest";
import { sha256Hex } from "../kernel/digest.ts";
import { mustSucceed, ok } from "../kernel/exchange-error.ts";
import { hashTree } from "./hash-tree.ts";
import type { TreeEntry } from "./tree-fold.ts";
import { type TreeNodes, toWire, type WireTreeNode, walkPeerTree } from "./tree-walk.ts";

const entries = (from: number, to: number): TreeEntry[] =>
  Array.from({ length: to - from }, (_, i) => ({ id: sha256Hex(`id ${from + i}`), digest: sha256Hex("core") }));

const treeOf =
  (all: readonly TreeEntry[]): TreeNodes =>
  async (prefixes) =>
    prefixes.map(hashTree(all).node);

describe("walking the peer's tree", () => {
  it("names exactly the receipts that one side lacks", async () => {
    const theirs = hashTree(entries(2, 500));
    const walked = mustSucceed(
      await walkPeerTree(treeOf(entries(0, 498)), async (prefixes) =>
        ok(prefixes.map((prefix) => toWire(theirs.node(prefix)))),
      ),
    );
    const ids = (from: number, to: number) =>
      entries(from, to)
        .map(({ id }) => id)
        .sort();
    expect(walked).toMatchObject({ onlyA: ids(0, 2), onlyB: ids(498, 500), differ: [] });
  });

  it("does not grow without bound for a peer that says everything differs everywhere", async () => {
    let widest = 0;
    const walked = walkPeerTree(treeOf(entries(0, 20)), async (prefixes) => {
      widest = Math.max(widest, prefixes.length);
      if (widest > 100_000) throw new Error("asked for ever more");
      const children = Array.from({ length: 16 }, () => "f".repeat(64));
      return ok(prefixes.map((prefix): WireTreeNode => ({ prefix, count: "17", hash: "f".repeat(64), children })));
    });
    await expect(walked).resolves.toMatchObject({ ok: true });
    expect(widest).toBeLessThanOrEqual(4_096);
  });

  it("keeps nothing that is no receipt id, and a bounded number of those that are", async () => {
    const invented = (prefix: string) =>
      Array.from({ length: 16 }, (_, i) => ({ receiptId: sha256Hex(`${prefix} ${i}`), coreDigest: "0".repeat(64) }));
    const walked = mustSucceed(
      await walkPeerTree(treeOf(entries(0, 20)), async (prefixes) =>
        ok(
          prefixes.map((prefix): WireTreeNode => {
            const differs = { prefix, count: "17", hash: "f".repeat(64) };
            if (prefix.length < 4) return { ...differs, children: Array.from({ length: 16 }, () => "f".repeat(64)) };
            const junk = { receiptId: "x".repeat(1_000), coreDigest: "" };
            return { ...differs, count: "16", entries: [junk, ...invented(prefix)] };
          }),
        ),
      ),
    );
    expect(walked.onlyB.every((id) => /^[0-9a-f]{64}$/.test(id))).toBe(true);
    expect(walked.onlyB.length).toBeLessThanOrEqual(10_000);
  });
});
