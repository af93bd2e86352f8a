import { collection } from "../storage/collection.ts";
import type { Store } from "../storage/port.ts";
import { type AnyRef, list, read, type Tx } from "../storage/transact.ts";
import { type Checkpoint, type OpenedCheckpoint, openCheckpoint, parseCheckpoint } from "./checkpoint.ts";
import type { NamedLog } from "./log-names.ts";
import { type Hash, isEqual } from "./merkle.ts";
import { splitNote, writeNote } from "./note.ts";

/** A checkpoint of another log as this node has seen it. */
export type Seen = {
  readonly size: string;
  /** Hex. */
  readonly root: string;
  /** With the log's own signature alone. */
  readonly note: string;
};

/** Which generation of a log is the present one; the first until a restore was announced. */
type Present = { readonly base: string; readonly generation: number };

/** What this node's witness last signed for a log. */
const lastSeen = collection<Seen>("audit-witness");
/** A ring of the newest checkpoints per log, by size modulo its length: bounded memory of what a log has said before. */
const seenBefore = collection<Seen>("audit-witness-seen");
const RING = 4_096n;
const present = collection<Present>("audit-witness-log");

export function seenRefs(log: NamedLog, size: bigint): readonly AnyRef[] {
  return [lastSeen.at(log.origin), seenBefore.at(log.origin, size % RING), present.at(log.base)];
}

export function lastOf(tx: Tx, { origin }: Pick<NamedLog, "origin">): Seen | undefined {
  return tx.get(lastSeen.at(origin));
}

export function isPresent(tx: Tx, { base, generation }: NamedLog): boolean {
  return (tx.get(present.at(base))?.generation ?? 1) === generation;
}

/** What was seen of the same size with another root: the log has signed both. */
export function contradicted(tx: Tx, { origin }: NamedLog, checkpoint: Checkpoint): Seen | undefined {
  const known = [tx.get(lastSeen.at(origin)), tx.get(seenBefore.at(origin, checkpoint.size % RING))];
  return known.find((seen) => seen && contradicts(seen, checkpoint));
}

export function putSeen(tx: Tx, { origin }: NamedLog, { size, root }: Checkpoint, note: string): void {
  const seen = { size: String(size), root: hexOf(root), note };
  tx.put(lastSeen.at(origin), seen);
  tx.put(seenBefore.at(origin, size % RING), seen);
}

export async function readLastSeen(store: Store, origin: string): Promise<Seen | undefined> {
  return await read(store, lastSeen.at(origin));
}

/** The newest checkpoint of every log this node has seen, one for each of them. */
export async function everySeen(store: Store): Promise<readonly { readonly origin: string; readonly seen: Seen }[]> {
  const found: { origin: string; seen: Seen }[] = [];
  for await (const seen of list(store, lastSeen)) {
    const origin = originOf(seen.note);
    if (origin !== undefined) found.push({ origin, seen });
  }
  return found;
}

export async function presentGeneration(store: Store, base: string): Promise<number> {
  return (await read(store, present.at(base)))?.generation ?? 1;
}

export function presentRef({ base }: Pick<NamedLog, "base">): AnyRef {
  return present.at(base);
}

/** Tx-piece; reads `presentRef`. False when the log is as far already. */
export function goOnAs(tx: Tx, { base, generation }: Pick<NamedLog, "base" | "generation">): boolean {
  const ref = present.at(base);
  if ((tx.get(ref)?.generation ?? 1) >= generation) return false;
  tx.put(ref, { base, generation });
  return true;
}

/** Only the line by which the log signed is kept: the others, also those in its name, are room for a peer to fill our disk. */
export function signedPart({ text, signatureLines }: OpenedCheckpoint, vkey: string): string {
  const own = signatureLines.find((line) => openCheckpoint(writeNote(text, [line]), [vkey]).ok);
  return writeNote(text, own === undefined ? [] : [own]);
}

/** The log a note is of, as it says itself; nothing is verified. */
export function originOf(note: string): string | undefined {
  const parts = splitNote(note);
  const checkpoint = parts.ok ? parseCheckpoint(parts.value.text) : parts;
  return checkpoint.ok ? checkpoint.value.origin : undefined;
}

export function contradicts(seen: Pick<Seen, "size" | "root">, { size, root }: Checkpoint): boolean {
  return seen.size === String(size) && !isEqual(Buffer.from(seen.root, "hex"), root);
}

export function hexOf(hash: Hash): string {
  return Buffer.from(hash).toString("hex");
}
