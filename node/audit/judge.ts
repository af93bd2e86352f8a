import { ok, type Result, refusals } from "../kernel/exchange-error.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Metrics } from "../kernel/metrics.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { Store } from "../storage/port.ts";
import { transact } from "../storage/transact.ts";
import { type OpenedCheckpoint, openCheckpoint } from "./checkpoint.ts";
import { fileFinding, findingRefs, type NewFinding } from "./findings.ts";
import { type NamedLog, namedLog, originIn, type WatchedLog } from "./log-names.ts";
import { type Hash, verifyConsistency } from "./merkle.ts";
import {
  contradicted,
  isPresent,
  lastOf,
  originOf,
  presentGeneration,
  readLastSeen,
  type Seen,
  seenRefs,
  signedPart,
} from "./seen.ts";

export type JudgeDeps = {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly region: string;
  readonly peers: () => readonly WatchedLog[];
  /** Asks a log itself to prove that it is one history. */
  readonly consistency: (region: string, origin: string, first: bigint, second: bigint) => Promise<Result<Hash[]>>;
  /** Asks a region anything else: whoever answers that, and gives no proof, has something to hide. */
  readonly isAnswering: (region: string) => Promise<boolean>;
};

/** Answered by a log that has signed a size which it no longer has. */
export const NOT_COVERED = "AUDIT_NOT_COVERED";
const refuse = refusals({ AUDIT_NOT_COVERED: "integrity" });

/** A peer's log by the region whose it is, with what this node's witness saw of it last. */
export async function lastOfRegion(deps: JudgeDeps, region: string) {
  const watched = deps.peers().find((one) => one.region === region);
  const base = watched === undefined ? undefined : namedLog([watched], baseOf(watched));
  if (base === undefined) return undefined;
  const generation = await presentGeneration(deps.store, base.base);
  const log = namedLog(deps.peers(), originIn(base.base, generation));
  const seen = log && (await readLastSeen(deps.store, log.origin));
  return log === undefined || seen === undefined ? undefined : { log, seen };
}

const baseOf = ({ logVkey }: WatchedLog): string => logVkey.slice(0, logVkey.indexOf("+"));

/** The log was asked for its newest checkpoint and showed less than it had signed before the question. */
export async function judgeHead(
  deps: JudgeDeps,
  { log, seen }: { readonly log: NamedLog; readonly seen: Seen },
  shown: string,
): Promise<void> {
  const shownLog = namedLog(deps.peers(), originOf(shown) ?? "");
  const opened = shownLog === undefined ? undefined : openCheckpoint(shown, [shownLog.vkey]);
  if (shownLog === undefined || !opened?.ok || shownLog.region !== log.region) return;
  const isEarlier =
    shownLog.generation < log.generation ||
    (shownLog.generation === log.generation && opened.value.size < BigInt(seen.size));
  if (isEarlier) await fileRollback(deps, log, seen, signedPart(opened.value, shownLog.vkey));
}

/** The log owns up to having less than it has signed. Its own word against itself needs no proof. */
export async function judgeConfession(deps: JudgeDeps, region: string, own: string): Promise<void> {
  const last = await lastOfRegion(deps, region);
  if (last !== undefined) await fileRollback(deps, last.log, last.seen, own);
}

/**
 * What another region has seen of a log, against what we have. False when nothing could be concluded yet, since the log could
 * not be asked.
 */
export async function judgeSeen(deps: JudgeDeps, from: string, note: string): Promise<boolean> {
  const log = namedLog(deps.peers(), originOf(note) ?? "");
  const opened = log === undefined ? undefined : openCheckpoint(note, [log.vkey]);
  // Not of a log we watch, or not signed by it: then it says nothing about that log.
  if (log === undefined || !opened?.ok) return true;
  const known = await compare(deps, log, opened.value, from);
  if (known === undefined) return true;
  return await proveFit(deps, log, known, opened.value, from);
}

/** Undefined when there is nothing to ask: unknown, the same, or a plain contradiction, which is filed. */
async function compare(
  deps: JudgeDeps,
  log: NamedLog,
  heard: OpenedCheckpoint,
  from: string,
): Promise<Seen | undefined> {
  const lie = (first: string) => lieOf(log, String(heard.size), [first, signedPart(heard, log.vkey)], from);
  const refs = [...seenRefs(log, heard.size), ...findingRefs(lie(""))];
  const found = await transact(deps.store, refs, (tx) => {
    const last = lastOf(tx, log);
    if (last === undefined || !isPresent(tx, log)) return ok({});
    const other = contradicted(tx, log, heard);
    if (other !== undefined) {
      const isNew = fileFinding(tx, lie(other.note), { region: deps.region, atMs: deps.runtime.nowMs() });
      return ok(isNew ? { lie: lie(other.note) } : {});
    }
    return ok(last.size === String(heard.size) ? {} : { last });
  });
  if (!found.ok) return undefined;
  const { lie: filed, last } = found.value as { readonly lie?: NewFinding; readonly last?: Seen };
  if (filed !== undefined) alarm(deps, filed);
  return last;
}

async function proveFit(
  deps: JudgeDeps,
  log: NamedLog,
  known: Seen,
  heard: OpenedCheckpoint,
  from: string,
): Promise<boolean> {
  const mine = { size: BigInt(known.size), root: Buffer.from(known.root, "hex") as Hash, note: known.note };
  const theirs = { size: heard.size, root: heard.root, note: signedPart(heard, log.vkey) };
  const [first, second] = mine.size < theirs.size ? [mine, theirs] : [theirs, mine];
  const proof = await deps.consistency(log.region, log.origin, first.size, second.size);
  if (!proof.ok) {
    if (proof.error.code !== NOT_COVERED) {
      if (await deps.isAnswering(log.region)) unproved(deps, log, second.size, proof.error.code, from);
      return false;
    }
    await fileRollback(deps, log, { ...known, size: String(second.size), note: second.note }, first.note, from);
    return true;
  }
  const claim = { first: first.size, second: second.size, firstRoot: first.root, secondRoot: second.root };
  if (verifyConsistency(proof.value, claim)) return true;
  await file(deps, lieOf(log, String(second.size), [mine.note, theirs.note], from));
  return true;
}

/** This node's own part of it: proves how its log grew, or admits that it cannot. */
export function notCovered(size: bigint, held: bigint) {
  return refuse(
    NOT_COVERED,
    {
      zh: `本节点的日志只有 ${held} 条,无法证明大小 ${size};若曾签过该大小,说明数据已退回,请运行 heliu restore。`,
      en: `This node's log has ${held} entries and can prove nothing of size ${size}; if it has signed that size, its disk went back: run heliu restore.`,
    },
    { size: String(size), held: String(held) },
  );
}

async function fileRollback(deps: JudgeDeps, log: NamedLog, stood: Seen, shown: string, from: string | null = null) {
  const { origin, region } = log;
  const notes = [stood.note, shown] as const;
  await file(deps, { kind: "rollback", origin, region, size: stood.size, notes, heardFrom: from });
}

function lieOf({ origin, region }: NamedLog, size: string, notes: readonly [string, string], from: string): NewFinding {
  return { kind: "equivocation", origin, region, size, notes, heardFrom: from };
}

async function file(deps: JudgeDeps, finding: NewFinding): Promise<void> {
  const filed = await transact(deps.store, findingRefs(finding), (tx) =>
    ok(fileFinding(tx, finding, { region: deps.region, atMs: deps.runtime.nowMs() })),
  );
  if (filed.ok && filed.value) alarm(deps, finding);
}

/** Silence proves nothing, so nothing is filed; but a log that lies could be found out by no other means, so it is told. */
function unproved(
  { logger, metrics }: JudgeDeps,
  { origin, region }: NamedLog,
  size: bigint,
  why: string,
  from: string,
) {
  metrics.count("audit_unproved_total", { region });
  const fields = { code: "LOG_UNPROVED", region, origin, size: String(size), heardFrom: from, why };
  logger.error(fields, "a peer's log does not prove that what it showed two regions is one history; asking again");
}

function alarm({ logger, metrics }: JudgeDeps, { kind, region, origin, size, heardFrom }: NewFinding): void {
  const fields = { region, origin, size, heardFrom };
  if (kind === "equivocation") {
    metrics.count("audit_equivocations_total", { region });
    logger.error({ code: "LOG_EQUIVOCATION", ...fields }, "a peer's log shows different histories; evidence is kept");
    return;
  }
  metrics.count("audit_rollbacks_total", { region });
  logger.error(
    { code: "LOG_ROLLED_BACK", ...fields },
    "a peer's log has less than it has signed; it needs heliu restore",
  );
}
