import { ok } from "../kernel/exchange-error.ts";
import { bytesCollection, collection } from "../storage/collection.ts";
import type { Store } from "../storage/port.ts";
import { list, read, transact } from "../storage/transact.ts";
import {
  consistencyRanges,
  type Hash,
  hashOfNodes,
  inclusionRanges,
  type LeafRange,
  leafHash,
  nodesOf,
} from "./merkle.ts";
import { leafBytes, logHead } from "./store.ts";
import {
  completeRoot,
  edgeTiles,
  entryBundle,
  growTiles,
  hashesOf,
  parseTilePath,
  placeOf,
  TILE_WIDTH,
  type TileId,
  tileWidth,
} from "./tile.ts";

/** The widest form of each tile; narrower ones are its beginning. Derived from the leaves, so it may be deleted. */
const tileBytes = bytesCollection("audit-tile");
/** How many leaves the tiles cover. */
export const treeHead = collection<{ readonly size: string }>("audit-head").at("tree");

/** Leaves hashed in one commit: enough for speed, little enough to keep other commits from waiting. */
const CHUNK = 2_048;

export type Tree = {
  /** Hashes what commits have appended since; answers the size the tiles cover then. */
  readonly grow: () => Promise<bigint>;
  readonly size: () => Promise<bigint>;
  readonly rootAt: (size: bigint) => Promise<Hash>;
  readonly inclusion: (index: bigint, size: bigint) => Promise<Hash[]>;
  readonly consistency: (first: bigint, second: bigint) => Promise<Hash[]>;
  /** Tile or entry bundle by its C2SP path, within the first `size` leaves. */
  readonly tile: (path: string, size: bigint) => Promise<Uint8Array | undefined>;
  /** Forgets the tiles' size, so that `grow` makes all of them again from the leaves. */
  readonly reset: () => Promise<void>;
};

export function treeOn(store: Store): Tree {
  const size = async () => BigInt((await read(store, treeHead))?.size ?? "0");
  const hashOf = (range: LeafRange) => hashOfRange(store, range);
  return {
    size,
    async grow() {
      let covered = await size();
      const target = BigInt((await read(store, logHead))?.size ?? "0");
      while (covered < target) covered = await growChunk(store, covered, target);
      return covered;
    },
    rootAt: (at) => hashOf({ from: 0n, to: at }),
    inclusion: (index, at) => Promise.all(inclusionRanges(index, at).map(hashOf)),
    consistency: (first, second) => Promise.all(consistencyRanges(first, second).map(hashOf)),
    async tile(path, at) {
      const request = parseTilePath(path);
      if (request === undefined) return undefined;
      const id = { level: request.kind === "entries" ? 0 : request.level, index: request.index };
      if (tileWidth(at, id) < request.width) return undefined;
      if (request.kind === "entries") return entryBundle(await leavesFrom(store, id.index * TILE_WIDTH, request.width));
      return (await read(store, tileBytes.at(id.level, id.index)))?.subarray(0, request.width * 32);
    },
    async reset() {
      await transact(store, [], (tx) => ok(tx.remove(treeHead)));
    },
  };
}

async function growChunk(store: Store, from: bigint, target: bigint): Promise<bigint> {
  const count = Number(target - from < BigInt(CHUNK) ? target - from : BigInt(CHUNK));
  const hashes = (await leavesFrom(store, from, count)).map(leafHash);
  const edges = new Map<number, Uint8Array>();
  for (const tile of edgeTiles(from)) {
    const bytes = await read(store, tileBytes.at(tile.level, tile.index));
    if (bytes !== undefined) edges.set(tile.level, bytes);
  }
  const changed = growTiles(from, hashes, ({ level }: TileId) => edges.get(level));
  const to = from + BigInt(count);
  await transact(store, [treeHead], (tx) => {
    // Another replica may have been quicker; the leaves are the same, so its tiles are too.
    if ((tx.get(treeHead)?.size ?? "0") !== String(from)) return ok(undefined);
    for (const { tile, bytes } of changed) tx.put(tileBytes.at(tile.level, tile.index), bytes);
    tx.put(treeHead, { size: String(to) });
    return ok(undefined);
  });
  return BigInt((await read(store, treeHead))?.size ?? "0");
}

async function leavesFrom(store: Store, from: bigint, count: number): Promise<Uint8Array[]> {
  const options = from === 0n ? { limit: count } : { after: [from - 1n], limit: count };
  const leaves: Uint8Array[] = [];
  for await (const bytes of list(store, leafBytes, [], options)) leaves.push(bytes);
  if (leaves.length !== count) throw new Error(`audit leaf ${from + BigInt(leaves.length)} is missing`);
  return leaves;
}

async function hashOfRange(store: Store, range: LeafRange): Promise<Hash> {
  const hashes = await Promise.all(
    nodesOf(range).map(async (node) => {
      const { tile, from, count } = placeOf(node);
      const bytes = await read(store, tileBytes.at(tile.level, tile.index));
      const own = hashesOf(bytes ?? new Uint8Array()).slice(from, from + count);
      if (own.length !== count) throw new Error(`audit tile ${tile.level}/${tile.index} is missing or too short`);
      return completeRoot(own);
    }),
  );
  return hashOfNodes(hashes);
}
