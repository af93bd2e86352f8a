import { ok } from "../kernel/exchange-error.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Metrics } from "../kernel/metrics.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { Store } from "../storage/port.ts";
import { transact } from "../storage/transact.ts";
import { type OpenedCheckpoint, openCheckpoint, parseCheckpoint } from "./checkpoint.ts";
import { fileFinding, findingRefs } from "./findings.ts";
import { type NamedLog, namedLog, type WatchedLog } from "./log-names.ts";
import { emptyRoot, type Hash, verifyConsistency } from "./merkle.ts";
import { cosignNote, type NoteSigner, splitNote } from "./note.ts";
import { parseHashes } from "./proof.ts";
import { contradicted, hexOf, isPresent, lastOf, putSeen, readLastSeen, seenRefs, signedPart } from "./seen.ts";

/** The answer of the C2SP tlog-witness call, as HTTP and gRPC both carry it. */
export type WitnessAnswer = { readonly status: number; readonly body: string };

const MAX_BODY_BYTES = 1_048_576;
/** Origin, size, root, and room for extension lines; thousands of them are kept. */
const MAX_TEXT_CHARS = 4_096;

export type WitnessDeps = {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Null for a witness that keeps no log of its own. */
  readonly region: string | null;
  readonly witnessSigner: NoteSigner;
  readonly peers: () => readonly WatchedLog[];
};

/** `add-checkpoint` of C2SP tlog-witness. Size and root are compared, and the new ones durable, before it answers. */
export async function addCheckpoint(deps: WitnessDeps, body: string): Promise<WitnessAnswer> {
  const request = parseRequest(body);
  if (request === undefined) return { status: 400, body: "malformed add-checkpoint body\n" };
  const log = namedLog(deps.peers(), request.origin);
  if (log === undefined) return { status: 404, body: `unknown log ${request.origin}\n` };
  const opened = openCheckpoint(request.note, [log.vkey]);
  if (!opened.ok) return { status: 403, body: `no valid signature of ${request.origin}\n` };
  if (request.old > opened.value.size) return { status: 400, body: "old size is above the checkpoint's\n" };

  const verdict = await compareAndStore(deps, log, opened.value, request);
  if (verdict.status !== 200) return verdict;
  deps.runtime.failPoint("audit.witness.stored");
  return { status: 200, body: cosignNote(opened.value.text, deps.witnessSigner, deps.runtime.nowMs()) };
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

async function compareAndStore(
  deps: WitnessDeps,
  log: NamedLog,
  checkpoint: OpenedCheckpoint,
  { old, proof }: Request,
): Promise<WitnessAnswer> {
  const { origin, size, root } = checkpoint;
  const { region } = log;
  const note = signedPart(checkpoint, log.vkey);
  const lie = (first: string) =>
    ({ kind: "equivocation", origin, region, size: String(size), notes: [first, note], heardFrom: null }) as const;
  const refs = [...seenRefs(log, size), ...findingRefs(lie(""))];
  const answer = await transact(deps.store, refs, (tx) => {
    if (!isPresent(tx, log)) return ok({ status: 404, body: `${origin} is not the present log of ${region}\n` });
    const known = lastOf(tx, log);
    const knownSize = BigInt(known?.size ?? "0");
    const other = contradicted(tx, log, checkpoint);
    if (other !== undefined) {
      fileFinding(tx, lie(other.note), { region: deps.region, atMs: deps.runtime.nowMs() });
      return ok({ status: 409, body: `${knownSize}\n`, isLie: true });
    }
    if (old !== knownSize) return ok({ status: 409, body: `${knownSize}\n` });
    const firstRoot = known === undefined ? emptyRoot : Buffer.from(known.root, "hex");
    const claim = { first: knownSize, second: size, firstRoot, secondRoot: root };
    if (!verifyConsistency(proof, claim)) return ok({ status: 422, body: "consistency proof fails\n" });
    putSeen(tx, log, checkpoint, note);
    return ok({ status: 200, body: "" });
  });
  if (!answer.ok) return await withoutLog(deps, log, answer.error.code);
  const { status, body } = answer.value;
  if ("isLie" in answer.value) {
    const fields = { code: "LOG_EQUIVOCATION", origin, region, size: String(size), root: hexOf(root) };
    deps.logger.error(fields, "a peer's log has signed two different roots for one size; evidence is kept");
    deps.metrics.count("audit_equivocations_total", { region });
  }
  return { status, body };
}

/** Our own log is halted, so not even evidence can be filed: then nothing is signed for others either. */
async function withoutLog({ store, logger }: WitnessDeps, { origin }: NamedLog, code: string): Promise<WitnessAnswer> {
  logger.error({ code, origin }, "no checkpoint is cosigned while this node's own log is halted");
  return { status: 409, body: `${(await readLastSeen(store, origin))?.size ?? "0"}\n` };
}
