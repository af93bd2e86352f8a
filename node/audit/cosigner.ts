import { encodeBase64 } from "../kernel/base64.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Metrics } from "../kernel/metrics.ts";
import type { Scheduler } from "../kernel/scheduler.ts";
import type { Store } from "../storage/port.ts";
import { read } from "../storage/transact.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { writeNote } from "./note.ts";
import { addCosignature, latestCheckpoint, type StoredCheckpoint, witnessedCheckpoint } from "./signed-head.ts";
import type { Tree } from "./tree.ts";
import type { WitnessAnswer } from "./witness.ts";

/** The way to a peer's witness. */
export type WitnessChannel = { readonly cosign: (region: string, body: string) => Promise<WitnessAnswer> };

export type WitnessPeer = {
  readonly region: string;
  readonly logVkey: string;
  readonly witnessVkeys: readonly string[];
};

type Deps = {
  readonly store: Store;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tree: Tree;
  readonly witness: WitnessChannel;
  readonly retryMs: number;
};

/** A peer may be away for days: ask ever more rarely, but often enough to be witnessed soon after it returns. */
const MAX_RETRY_MS = 60_000;
/** What the channel answers for a peer that is away: nothing to worry about, and tried again. */
const UNREACHABLE = 503;

/** Brings one peer's witness up to our newest checkpoint, and tries again while it cannot. */
export type Cosigner = {
  /** Starts a round unless one runs; resolves when the round is over, whatever came of it. */
  readonly advance: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

export function createCosigner(deps: Deps, peer: () => WitnessPeer | undefined): Cosigner {
  let round: Promise<void> | undefined;
  let cancelRetry = () => {};
  let failures = 0;
  let isStopped = false;
  /** What the witness last signed, as far as we know; its 409 corrects us. */
  let knownSize: bigint | undefined;

  const attempt = async (): Promise<boolean> => {
    const target = peer();
    const checkpoint = await read(deps.store, latestCheckpoint);
    if (isStopped || target === undefined || checkpoint === undefined) return true;
    if (checkpoint.cosignatures[target.region] !== undefined) return true;
    knownSize ??= await witnessedSize(deps.store, target.region);
    const answer = await ask(deps, target, checkpoint, knownSize);
    if (answer.knownSize !== undefined) knownSize = answer.knownSize;
    return answer.isDone;
  };
  const run = async (): Promise<void> => {
    const isDone = await attempt().catch((fault: unknown) => {
      if (!isStopped) deps.logger.warn({ err: fault, peer: peer()?.region }, "a witness could not be asked");
      return false;
    });
    failures = isDone ? 0 : failures + 1;
    if (isDone || isStopped) return;
    deps.metrics.count("audit_cosign_failures_total", { region: peer()?.region ?? "" });
    cancelRetry = deps.scheduler.after(
      Math.min(deps.retryMs * 2 ** (failures - 1), MAX_RETRY_MS),
      () => void advance(),
    );
  };
  const advance = (): Promise<void> => {
    if (isStopped) return Promise.resolve();
    cancelRetry();
    // A round under way may have read the checkpoint before this one: follow it with another.
    const next = (round ?? Promise.resolve()).then(run);
    round = next;
    void next.then(() => {
      if (round === next) round = undefined;
    });
    return next;
  };
  return {
    advance,
    async stop() {
      isStopped = true;
      cancelRetry();
      await round;
    },
  };
}

async function witnessedSize(store: Store, region: string): Promise<bigint> {
  const witnessed = await read(store, witnessedCheckpoint);
  return witnessed?.cosignatures[region] === undefined ? 0n : BigInt(witnessed.size);
}

type Outcome = { readonly isDone: boolean; readonly knownSize?: bigint };

async function ask(
  deps: Deps,
  peer: WitnessPeer,
  checkpoint: StoredCheckpoint,
  known: bigint,
  asksLeft = 3,
): Promise<Outcome> {
  const size = BigInt(checkpoint.size);
  const old = known > size ? size : known;
  const answer = await deps.witness.cosign(peer.region, await requestBody(deps.tree, old, checkpoint));
  if (answer.status === 200) {
    const opened = openCheckpoint(writeNote(checkpoint.text, [answer.body]), peer.witnessVkeys);
    if (opened.ok) {
      await addCosignature(deps.store, checkpoint, peer.region, answer.body);
      return { isDone: true, knownSize: size };
    }
    deps.logger.warn({ peer: peer.region, code: opened.error.code }, "a witness answered with an invalid cosignature");
    return { isDone: false };
  }
  const theirs = answer.status === 409 && /^(0|[1-9][0-9]{0,18})\n?$/.exec(answer.body)?.[1];
  if (!theirs || BigInt(theirs) === old || BigInt(theirs) > size || asksLeft <= 1) {
    // With our own size in hand, a 409 means that the witness has seen another root, or more leaves than we have.
    const fields = { peer: peer.region, status: answer.status, size: checkpoint.size, theirs: theirs || undefined };
    if (answer.status === UNREACHABLE) deps.logger.warn(fields, "a witness could not be reached");
    else deps.logger.error(fields, "a witness does not cosign our log");
    return { isDone: false };
  }
  return await ask(deps, peer, checkpoint, BigInt(theirs), asksLeft - 1);
}

async function requestBody(tree: Tree, old: bigint, { size, text, logLine }: StoredCheckpoint): Promise<string> {
  const proof = await tree.consistency(old, BigInt(size));
  const lines = proof.map((hash) => `${encodeBase64(hash)}\n`).join("");
  return `old ${old}\n${lines}\n${writeNote(text, [logLine])}`;
}
