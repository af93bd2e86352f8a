import { checkpointText, parseCheckpoint } from "../../node/audit/checkpoint.ts";
import {
  consistencyRanges,
  hashOfNodes,
  inclusionRanges,
  type LeafRange,
  leafHash,
  nodesOf,
  verifyConsistency,
  verifyInclusion,
} from "../../node/audit/merkle.ts";
import { cosignNote, logNoteSigner, openNote, signNote, witnessNoteSigner } from "../../node/audit/note.ts";
import {
  completeRoot,
  entryBundle,
  growTiles,
  hashesOf,
  parseTilePath,
  placeOf,
  writeTileIndex,
} from "../../node/audit/tile.ts";
import { verifyOffline } from "../../node/audit/verify.ts";
import { canonicalText } from "../../node/kernel/canonical-json.ts";
import { sha256Hex } from "../../node/kernel/digest.ts";
import { signerFromSeed } from "../../node/kernel/ed25519.ts";
import { ok } from "../../node/kernel/exchange-error.ts";
import type { Operation, Section } from "./vector-file.ts";

/** The cases of signed-note.json. */
export const notes: { readonly [op: string]: Operation } = {
  open: ({ note, vkeys }) => {
    const opened = openNote(note, vkeys);
    if (!opened.ok) return opened;
    const { text, verified } = opened.value;
    return ok({ text, verified });
  },
  checkpoint: ({ text }) => {
    const parsed = parseCheckpoint(text);
    if (!parsed.ok) return parsed;
    const { origin, size, root } = parsed.value;
    return ok({ origin, size: String(size), rootHex: hex(root) });
  },
};

const bytes = (text: string): Uint8Array => Buffer.from(text, "hex");
const hex = (data: Uint8Array): string => Buffer.from(data).toString("hex");
const leafOf = (prefix: string, i: number): Uint8Array => Buffer.from(`${prefix}-${i}`, "utf8");

/** Trees by leaf prefix and size. The nodes of a tree are also those of every later one, so one serves all proofs. */
const trees = new Map<string, Map<string, Uint8Array>>();

function tilesOf(prefix: string, size: number): Map<string, Uint8Array> {
  const name = `${prefix}/${size}`;
  let tiles = trees.get(name);
  if (tiles === undefined) {
    const grown = new Map<string, Uint8Array>();
    const leaves = Array.from({ length: size }, (_, i) => leafHash(leafOf(prefix, i)));
    for (const { tile, bytes: content } of growTiles(0n, leaves, (id) => grown.get(`${id.level}/${id.index}`))) {
      grown.set(`${tile.level}/${tile.index}`, content);
    }
    tiles = grown;
    trees.set(name, tiles);
  }
  return tiles;
}

function hashIn(tiles: Map<string, Uint8Array>, range: LeafRange): Uint8Array {
  return hashOfNodes(
    nodesOf(range).map((node) => {
      const { tile, from, count } = placeOf(node);
      const content = tiles.get(`${tile.level}/${tile.index}`) ?? new Uint8Array();
      return completeRoot(hashesOf(content).slice(from, from + count));
    }),
  );
}

/** The lists of merkle.json. Every proof is made and verified; every invalid one must fail. */
export const merkleSections: { readonly [section: string]: Section } = {
  roots: (root, { leafPrefix, roots }, size) => ({
    expect: root,
    actual: hex(hashIn(tilesOf(leafPrefix, roots.length - 1), { from: 0n, to: BigInt(size) })),
  }),

  leafHashes: (hash, { leafPrefix }, i) => ({ expect: hash, actual: hex(leafHash(leafOf(leafPrefix, i))) }),

  tilePaths: ({ index, path }) => ({ expect: path, actual: writeTileIndex(BigInt(index)) }),

  inclusion: ({ index, size, proof }, { leafPrefix, leafHashes, roots }) => {
    const made = inclusionRanges(BigInt(index), BigInt(size)).map((r) =>
      hex(hashIn(tilesOf(leafPrefix, roots.length - 1), r)),
    );
    const claim = {
      index: BigInt(index),
      size: BigInt(size),
      leafHash: bytes(leafHashes[index]),
      root: bytes(roots[size]),
    };
    return { expect: [proof, true], actual: [made, verifyInclusion(proof.map(bytes), claim)] };
  },

  consistency: ({ first, second, proof }, { leafPrefix, roots }) => {
    const made = consistencyRanges(BigInt(first), BigInt(second)).map((r) =>
      hex(hashIn(tilesOf(leafPrefix, roots.length - 1), r)),
    );
    const claim = {
      first: BigInt(first),
      second: BigInt(second),
      firstRoot: bytes(roots[first]),
      secondRoot: bytes(roots[second]),
    };
    return { expect: [proof, true], actual: [made, verifyConsistency(proof.map(bytes), claim)] };
  },

  invalid: (bad) => {
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
    return { expect: false, actual: holds };
  },

  tiles: ({ size, root, tiles, entries }, { leafPrefix }) => {
    const grown = tilesOf(leafPrefix, Number(size));
    const made = (tiles as { path: string }[]).map(({ path }) => {
      const request = parseTilePath(path);
      if (request?.kind !== "hashes") return { path };
      const content = (grown.get(`${request.level}/${request.index}`) ?? new Uint8Array()).subarray(
        0,
        request.width * 32,
      );
      return { path, bytes: String(content.length), sha256: sha256Hex(content) };
    });
    const bundles = (entries as { path: string }[]).map(({ path }) => {
      const request = parseTilePath(path);
      if (request?.kind !== "entries") return { path };
      const first = Number(request.index) * 256;
      const content = entryBundle(Array.from({ length: request.width }, (_, i) => leafOf(leafPrefix, first + i)));
      return { path, bytes: String(content.length), sha256: sha256Hex(content) };
    });
    const whole = { from: 0n, to: BigInt(size) };
    return { expect: [root, tiles, entries], actual: [hex(hashIn(grown, whole)), made, bundles] };
  },

  auditEntries: ({ entry, leafHex, leafHash: hash }) => {
    const data = Buffer.from(canonicalText(entry), "utf8");
    return { expect: [leafHex, hash], actual: [data.toString("hex"), hex(leafHash(data))] };
  },
};

/** The list `valid` of signed-note.json: lines are made, notes opened, proofs verified. */
export const noteSections: { readonly [section: string]: Section } = {
  valid: (item, { keys }) => {
    const text = checkpointText({ origin: item.origin, size: BigInt(item.size), root: bytes(item.rootHex) });
    // biome-ignore lint/suspicious/noExplicitAny: keys of the vector file
    const keyOf = (line: string) => keys.find(({ name }: any) => line.startsWith(`— ${name} `));
    const logKey = keyOf(item.logSignatureLine);
    const witnessKey = keyOf(item.cosignatureLine);
    const log = logNoteSigner(logKey.name, signerFromSeed(bytes(logKey.seedHex)));
    const witness = witnessNoteSigner(witnessKey.name, signerFromSeed(bytes(witnessKey.seedHex)));
    const opened = openNote(item.note, [logKey.vkey, witnessKey.vkey]);
    const proof =
      item.proof === undefined ||
      verifyOffline(item.proof.text, bytes(item.proof.leafHex), logKey.vkey, [witnessKey.vkey]).ok;
    return {
      expect: [item.text, item.logSignatureLine, item.cosignatureLine, item.text, true],
      actual: [
        text,
        signNote(item.text, log),
        cosignNote(item.text, witness, Number(item.cosignedAt) * 1000),
        opened.ok ? opened.value.text : opened.error.code,
        proof,
      ],
    };
  },
};
