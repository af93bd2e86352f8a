import { sha256Hex } from "../kernel/digest.ts";
import { ok } from "../kernel/exchange-error.ts";
import { instantOf } from "../kernel/instant.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Metrics } from "../kernel/metrics.ts";
import type { Runtime } from "../kernel/runtime.ts";
import { collection } from "../storage/collection.ts";
import type { Store } from "../storage/port.ts";
import { list, type Tx, transact } from "../storage/transact.ts";
import { type Checkpoint, type OpenedCheckpoint, openCheckpoint, parseCheckpoint } from "./checkpoint.ts";
import { emptyRoot, type Hash, isEqual, verifyConsistency } from "./merkle.ts";
import { cosignNote, type NoteSigner, parseVkey, splitNote, writeNote } from "./note.ts";
import { parseHashes } from "./proof.ts";
import { appendLeaf, appendLeafRefs } from "./store.ts";

/** The answer of the C2SP tlog-witness call, as HTTP and gRPC both carry it. */
export type WitnessAnswer = { readonly status: number; readonly body: string };

type WatchedLog = { readonly region: string; readonly logVkey: string };

/** What a witness last signed for a log. */
type Seen = { readonly size: string; readonly root: string; readonly note: string };

/** Two checkpoints of one log and one size with different roots, both signed by the log: proof that it lied. */
export type Equivocation = {
  readonly origin: string;
  readonly region: string;
  readonly size: string;
  readonly notes: readonly [string, string];
  readonly at: string;
};

const lastSeen = collection<Seen>("audit-witness");
/** A ring of the newest checkpoints per log, by size modulo its length: bounded memory of what a log has said before. */
const seenBefore = collection<Seen>("audit-witness-seen");
const RING = 4_096n;
const equivocations = collection<Equivocation>("audit-equivocation");

const MAX_BODY_BYTES = 1_048_576;
/** Origin, size, root, and room for extension lines; thousands of them are kept. */
const MAX_TEXT_CHARS = 4_096;

export type WitnessDeps = {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly region: string;
  readonly witnessSigner: NoteSigner;
  readonly peers: () => readonly WatchedLog[];
};

/** `add-checkpoint` of C2SP tlog-witness. Size and root are compared, and the new ones durable, before it answers. */
export async function addCheckpoint(deps: WitnessDeps, body: string): Promise<WitnessAnswer> {
  const request = parseRequest(body);
  if (request === undefined) return { status: 400, body: "malformed add-checkpoint body\n" };
  const log = watchedLog(deps.peers(), request.origin);
  if (log === undefined) return { status: 404, body: `unknown log ${request.origin}\n` };
  const opened = openCheckpoint(request.note, [log.logVkey]);
  if (!opened.ok) return { status: 403, body: `no valid signature of ${request.origin}\n` };
  if (request.old > opened.value.size) return { status: 400, body: "old size is above the checkpoint's\n" };

  const verdict = await compareAndStore(deps, log, opened.value, request);
  if (verdict.status !== 200) return verdict;
  deps.runtime.failPoint("audit.witness.stored");
  return { status: 200, body: cosignNote(opened.value.text, deps.witnessSigner, deps.runtime.nowMs()) };
}

/** Evidence this witness holds against logs. */
export async function heldEquivocations(store: Store): Promise<Equivocation[]> {
  const found: Equivocation[] = [];
  for await (const one of list(store, equivocations)) found.push(one);
  return found;
}

type Request = {
  readonly old: bigint;
  readonly proof: readonly Hash[];
  readonly note: string;
  readonly origin: string;
};

function parseRequest(body: string): Request | undefined {
  const gap = body.indexOf("\n\n");
  if (gap < 0 || Buffer.byteLength(body) > MAX_BODY_BYTES) return undefined;
  const [first, ...lines] = body.slice(0, gap).split("\n");
  const old = /^old (0|[1-9][0-9]{0,18})$/.exec(first ?? "")?.[1];
  const proof = parseHashes(lines);
  const note = body.slice(gap + 2);
  const parts = splitNote(note);
  const checkpoint = parts.ok ? parseCheckpoint(parts.value.text) : parts;
  if (old === undefined || proof === undefined || !parts.ok || !checkpoint.ok) return undefined;
  if (parts.value.text.length > MAX_TEXT_CHARS) return undefined;
  return { old: BigInt(old), proof, note, origin: checkpoint.value.origin };
}

function watchedLog(peers: readonly WatchedLog[], origin: string): WatchedLog | undefined {
  return peers.find(({ logVkey }) => {
    const key = parseVkey(logVkey);
    return key.ok && key.value.name === origin;
  });
}

async function compareAndStore(
  deps: WitnessDeps,
  log: WatchedLog,
  checkpoint: OpenedCheckpoint,
  { old, proof }: Request,
): Promise<WitnessAnswer> {
  const { origin, size, root } = checkpoint;
  const note = signedPart(checkpoint, log);
  const last = lastSeen.at(origin);
  const slot = seenBefore.at(origin, size % RING);
  const evidence = equivocations.at(origin, size, hexOf(root));
  const answer = await transact(deps.store, [last, slot, evidence, ...appendLeafRefs()], (tx) => {
    const known = tx.get(last);
    const knownSize = BigInt(known?.size ?? "0");
    const contradicted = [known, tx.get(slot)].find((seen) => seen && contradicts(seen, checkpoint));
    if (contradicted !== undefined) {
      if (tx.get(evidence) === undefined) keepEvidence(deps, tx, log, checkpoint, [contradicted.note, note]);
      return ok({ status: 409, body: `${knownSize}\n`, isLie: true });
    }
    if (old !== knownSize) return ok({ status: 409, body: `${knownSize}\n`, isLie: false });
    const firstRoot = known === undefined ? emptyRoot : Buffer.from(known.root, "hex");
    const claim = { first: knownSize, second: size, firstRoot, secondRoot: root };
    if (!verifyConsistency(proof, claim)) return ok({ status: 422, body: "consistency proof fails\n", isLie: false });
    const seen = { size: String(size), root: hexOf(root), note };
    tx.put(last, seen);
    tx.put(slot, seen);
    return ok({ status: 200, body: "", isLie: false });
  });
  if (!answer.ok) throw new Error(answer.error.code);
  const { isLie, ...verdict } = answer.value;
  if (isLie) {
    const fields = { code: "LOG_EQUIVOCATION", origin, region: log.region, size: String(size), root: hexOf(root) };
    deps.logger.error(fields, "a peer's log has signed two different roots for one size; evidence is kept");
    deps.metrics.count("audit_equivocations_total", { region: log.region });
  }
  return verdict;
}

/** Only the line by which the log signed is kept: the others, also those in its name, are room for a peer to fill our disk. */
function signedPart({ text, signatureLines }: OpenedCheckpoint, { logVkey }: WatchedLog): string {
  const own = signatureLines.find((line) => openCheckpoint(writeNote(text, [line]), [logVkey]).ok);
  return writeNote(text, own === undefined ? [] : [own]);
}

function contradicts(seen: Seen, { size, root }: Checkpoint): boolean {
  return seen.size === String(size) && !isEqual(Buffer.from(seen.root, "hex"), root);
}

function keepEvidence(
  { runtime, region }: WitnessDeps,
  tx: Tx,
  log: WatchedLog,
  { origin, size, root }: Checkpoint,
  notes: readonly [string, string],
): void {
  const atMs = runtime.nowMs();
  const found = { origin, region: log.region, size: String(size), notes, at: instantOf(atMs) };
  tx.put(equivocations.at(origin, size, hexOf(root)), found);
  appendLeaf(tx, region, {
    kind: "log.equivocation",
    atMs,
    subject: origin,
    actor: `peer:${log.region}`,
    digest: `sha256:${sha256Hex(notes[1])}`,
    detail: { size: String(size), firstNote: `sha256:${sha256Hex(notes[0])}` },
  });
}

function hexOf(hash: Hash): string {
  return Buffer.from(hash).toString("hex");
}
