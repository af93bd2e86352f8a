import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sha256Hex } from "../kernel/digest.ts";
import {
  consistencyRanges,
  emptyRoot,
  hashOfNodes,
  inclusionRanges,
  type LeafRange,
  leafHash,
  nodesOf,
  verifyConsistency,
  verifyInclusion,
} from "./merkle.ts";
import {
  completeRoot,
  edgeTiles,
  entryBundle,
  growTiles,
  hashesOf,
  parseTilePath,
  placeOf,
  type TileId,
  tilePath,
  tileWidth,
  writeTileIndex,
} from "./tile.ts";

const vectors = JSON.parse(readFileSync("test/vectors/merkle.json", "utf8"));
const bytes = (hex: string): Uint8Array => Buffer.from(hex, "hex");
const hex = (hash: Uint8Array): string => Buffer.from(hash).toString("hex");
const leaf = (i: number): Uint8Array => Buffer.from(`${vectors.leafPrefix}-${i}`, "utf8");
const keyOf = (tile: TileId): string => `${tile.level}/${tile.index}`;

/** Tiles as the sequencer keeps them: only the widest form of each. */
function treeOf(tiles: Map<string, Uint8Array>) {
  const hashOf = (range: LeafRange) =>
    hashOfNodes(
      nodesOf(range).map((node) => {
        const { tile, from, count } = placeOf(node);
        return completeRoot(hashesOf(tiles.get(keyOf(tile)) ?? new Uint8Array()).slice(from, from + count));
      }),
    );
  return { hashOf, rootOf: (size: bigint) => hashOf({ from: 0n, to: size }) };
}

function grow(tiles: Map<string, Uint8Array>, size: number, by: number): void {
  const added = Array.from({ length: by }, (_, i) => leafHash(leaf(size + i)));
  for (const { tile, bytes } of growTiles(BigInt(size), added, (id) => tiles.get(keyOf(id)))) {
    tiles.set(keyOf(tile), bytes);
  }
}

const tiles = new Map<string, Uint8Array>();
grow(tiles, 0, 300);
const { hashOf, rootOf } = treeOf(tiles);

describe("the tree", () => {
  it("hashes leaves and the empty log as the vectors do", () => {
    expect(hex(emptyRoot)).toBe(vectors.roots[0]);
    expect(vectors.leafHashes.map((_: string, i: number) => hex(leafHash(leaf(i))))).toEqual(vectors.leafHashes);
  });

  it("has the root of the vectors at every size from 0 to 300, read from tiles", () => {
    expect(vectors.roots.map((_: string, size: number) => hex(rootOf(BigInt(size))))).toEqual(vectors.roots);
  });

  it("proves and verifies every inclusion of the vectors", () => {
    for (const { index, size, proof } of vectors.inclusion) {
      expect(inclusionRanges(BigInt(index), BigInt(size)).map(hashOf).map(hex)).toEqual(proof);
      const claim = { index: BigInt(index), size: BigInt(size) };
      const hashes = { leafHash: bytes(vectors.leafHashes[index]), root: bytes(vectors.roots[size]) };
      expect(verifyInclusion(proof.map(bytes), { ...claim, ...hashes })).toBe(true);
    }
  });

  it("proves and verifies every consistency of the vectors", () => {
    for (const { first, second, proof } of vectors.consistency) {
      expect(consistencyRanges(BigInt(first), BigInt(second)).map(hashOf).map(hex)).toEqual(proof);
      const roots = { firstRoot: bytes(vectors.roots[first]), secondRoot: bytes(vectors.roots[second]) };
      const claim = { first: BigInt(first), second: BigInt(second), ...roots };
      expect(verifyConsistency(proof.map(bytes), claim)).toBe(true);
    }
  });

  it("refuses every broken proof of the vectors without throwing", () => {
    for (const bad of vectors.invalid) {
      const proof = bad.proof.map(bytes);
      const holds =
        bad.kind === "inclusion"
          ? verifyInclusion(proof, {
              index: BigInt(bad.index),
              size: BigInt(bad.size),
              leafHash: bytes(bad.leafHash),
              root: bytes(bad.root),
            })
          : verifyConsistency(proof, {
              first: BigInt(bad.first),
              second: BigInt(bad.second),
              firstRoot: bytes(bad.firstRoot),
              secondRoot: bytes(bad.secondRoot),
            });
      expect(holds, `${bad.kind} ${bad.fault}`).toBe(false);
    }
  });
});

describe("tiles", () => {
  it("have the contents of the vectors, however the log grew", () => {
    const grown = new Map<string, Uint8Array>();
    let size = 0;
    for (const vector of vectors.tiles) {
      const target = Number(vector.size);
      grow(grown, size, Math.max(0, target - size));
      size = target;
      expect(hex(treeOf(grown).rootOf(BigInt(size)))).toBe(vector.root);
      for (const tile of vector.tiles) {
        const request = parseTilePath(tile.path);
        if (request?.kind !== "hashes") throw new Error(`${tile.path} is not a tile of hashes`);
        expect(tileWidth(BigInt(size), request)).toBeGreaterThanOrEqual(request.width);
        const content = (grown.get(keyOf(request)) ?? new Uint8Array()).subarray(0, request.width * 32);
        expect([content.length, sha256Hex(content)], tile.path).toEqual([Number(tile.bytes), tile.sha256]);
      }
      for (const bundle of vector.entries) {
        const request = parseTilePath(bundle.path);
        if (request?.kind !== "entries") throw new Error(`${bundle.path} is not a bundle of entries`);
        const first = Number(request.index) * 256;
        const content = entryBundle(Array.from({ length: request.width }, (_, i) => leaf(first + i)));
        expect([content.length, sha256Hex(content)]).toEqual([Number(bundle.bytes), bundle.sha256]);
      }
    }
  });

  it("grow to the same bytes one leaf at a time as all at once, and past what a crash left beyond the size", () => {
    const slow = new Map<string, Uint8Array>();
    for (let size = 0; size < 300; size++) grow(slow, size, 1);
    expect(slow).toEqual(tiles);
    grow(slow, 257, 43);
    expect(slow).toEqual(tiles);
    expect(edgeTiles(300n).map(keyOf)).toEqual(["0/1", "1/0"]);
    expect(edgeTiles(256n).map(keyOf)).toEqual(["1/0"]);
  });

  it("have the paths of the vectors, and no second name", () => {
    for (const { index, path } of vectors.tilePaths) expect(writeTileIndex(BigInt(index))).toBe(path);
    expect(parseTilePath("tile/1/x001/234.p/7")).toEqual({ kind: "hashes", level: 1, index: 1234n, width: 7 });
    expect(tilePath({ kind: "entries", index: 0n, width: 256 })).toBe("tile/entries/000");
    const bad = ["tile/0/x000/001", "tile/00/001", "tile/64/000", "tile/0/000.p/256", "tile/0/000.p/0", "tile/0/1", ""];
    expect(bad.map(parseTilePath)).toEqual(bad.map(() => undefined));
  });
});
