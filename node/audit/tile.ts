import { type Hash, hashOfNodes, nodeHash, type TreeNode } from "./merkle.ts";

/** Tiles of C2SP tlog-tiles: 256 hashes wide, 8 tree levels high. */
export const TILE_WIDTH = 256n;
const TILE_HEIGHT = 8;
const HASH_BYTES = 32;

/** `level` counts tiles, not tree levels: hash i of a tile at level L is the root of 256^L leaves. */
export type TileId = { readonly level: number; readonly index: bigint };

export type TileRequest =
  | { readonly kind: "hashes"; readonly level: number; readonly index: bigint; readonly width: number }
  | { readonly kind: "entries"; readonly index: bigint; readonly width: number };

/** 1234067 → `x001/x234/067`. */
export function writeTileIndex(index: bigint): string {
  const digits = index.toString();
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/.{3}/g) ?? [];
  return groups.map((group, i) => (i === groups.length - 1 ? group : `x${group}`)).join("/");
}

export function tilePath({ kind, index, width, ...rest }: TileRequest): string {
  const level = kind === "entries" || !("level" in rest) ? "entries" : String(rest.level);
  const part = width === Number(TILE_WIDTH) ? "" : `.p/${width}`;
  return `tile/${level}/${writeTileIndex(index)}${part}`;
}

const PATH = /^tile\/(entries|[0-9]|[1-5][0-9]|6[0-3])\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

/** The tile a path names, or undefined for a path that is not written exactly as tlog-tiles says. */
export function parseTilePath(path: string): TileRequest | undefined {
  const [, level, digits, part] = PATH.exec(path) ?? [];
  if (level === undefined || digits === undefined || digits.length > 40) return undefined;
  const width = part === undefined ? Number(TILE_WIDTH) : Number(part);
  if (part !== undefined && width >= Number(TILE_WIDTH)) return undefined;
  const index = BigInt(digits.replace(/[x/]/g, ""));
  const request: TileRequest =
    level === "entries" ? { kind: "entries", index, width } : { kind: "hashes", level: Number(level), index, width };
  // Leading groups of zeros would give one tile two names.
  return tilePath(request) === path ? request : undefined;
}

/** How many hashes tile `index` of a level holds in a log of `size` leaves; 0 when there is none. */
export function tileWidth(size: bigint, { level, index }: TileId): number {
  const hashes = size >> BigInt(TILE_HEIGHT * level);
  const from = index * TILE_WIDTH;
  if (hashes <= from) return 0;
  const width = hashes - from;
  return Number(width < TILE_WIDTH ? width : TILE_WIDTH);
}

/** Where the hash of a complete subtree comes from: a run of hashes inside one tile. */
export function placeOf({ level, index }: TreeNode): { tile: TileId; from: number; count: number } {
  const within = level % TILE_HEIGHT;
  const first = index << BigInt(within);
  const tile = { level: (level - within) / TILE_HEIGHT, index: first / TILE_WIDTH };
  return { tile, from: Number(first % TILE_WIDTH), count: 2 ** within };
}

export function hashesOf(tile: Uint8Array): Hash[] {
  return Array.from({ length: tile.length / HASH_BYTES }, (_, i) =>
    tile.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES),
  );
}

/** The root of a power of two of hashes. */
export function completeRoot(hashes: readonly Hash[]): Hash {
  let row = hashes;
  while (row.length > 1) {
    const above: Hash[] = [];
    for (let i = 0; i + 1 < row.length; i += 2) {
      const [left, right] = [row[i], row[i + 1]];
      if (left !== undefined && right !== undefined) above.push(nodeHash(left, right));
    }
    row = above;
  }
  return hashOfNodes(row);
}

/** A bundle of `tile/entries`: each leaf after its length as uint16. Leaves are at most 65,535 bytes. */
export function entryBundle(leaves: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(leaves.flatMap((leaf) => [Uint8Array.of(leaf.length >> 8, leaf.length & 0xff), leaf]));
}

/**
 * The tiles that change when a log of `size` leaves grows by `leafHashes`, with their new, possibly partial, contents.
 * `edge` gives the present bytes of the last, partial tile of a level (see `edgeTiles`).
 */
export function growTiles(
  size: bigint,
  leafHashes: readonly Hash[],
  edge: (tile: TileId) => Uint8Array | undefined,
): { readonly tile: TileId; readonly bytes: Uint8Array }[] {
  const changed: { tile: TileId; bytes: Uint8Array }[] = [];
  let added = leafHashes;
  for (let level = 0; added.length > 0; level++) {
    const before = size >> BigInt(TILE_HEIGHT * level);
    let tile: TileId = { level, index: before / TILE_WIDTH };
    const start = Number(before % TILE_WIDTH);
    const old = start === 0 ? new Uint8Array() : edge(tile);
    if (old === undefined || old.length < start * HASH_BYTES) throw new Error(`tile ${level}/${tile.index} is missing`);
    // A crash may have left a wider tile than the size recorded; what is beyond the size is written again.
    let hashes = [...hashesOf(old.subarray(0, start * HASH_BYTES)), ...added];
    const roots: Hash[] = [];
    while (hashes.length > 0) {
      const own = hashes.slice(0, Number(TILE_WIDTH));
      changed.push({ tile, bytes: Buffer.concat(own) });
      if (own.length === Number(TILE_WIDTH)) roots.push(completeRoot(own));
      hashes = hashes.slice(own.length);
      tile = { level, index: tile.index + 1n };
    }
    added = roots;
  }
  return changed;
}

/** The partial tiles at the right edge of a log of `size` leaves: what `growTiles` will ask for. */
export function edgeTiles(size: bigint): TileId[] {
  const tiles: TileId[] = [];
  for (let level = 0, hashes = size; hashes > 0n; level++, hashes /= TILE_WIDTH) {
    if (hashes % TILE_WIDTH !== 0n) tiles.push({ level, index: hashes / TILE_WIDTH });
  }
  return tiles;
}
