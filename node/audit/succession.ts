import { digestOf } from "../kernel/canonical-json.ts";
import { ok, type Result, refusals } from "../kernel/exchange-error.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Metrics } from "../kernel/metrics.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { Store } from "../storage/port.ts";
import { transact } from "../storage/transact.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { mendRollbacks, openRollbacks } from "./findings.ts";
import { namedLog, originIn, type WatchedLog } from "./log-names.ts";
import { isEqual } from "./merkle.ts";
import { vkeyUnder } from "./note.ts";
import { goOnAs, presentGeneration, presentRef, readLastSeen } from "./seen.ts";
import { appendLeaf, appendLeafRefs } from "./store.ts";
import { verifyOffline } from "./verify.ts";

const refuse = refusals({ LOG_SUCCESSION: "integrity" });

type Deps = {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly region: string;
  readonly peers: () => readonly WatchedLog[];
};

/** What the first leaf of a log that follows another says of it, as text. */
export type SuccessionDetail = {
  readonly logKey: string;
  readonly previous: string;
  /** The last checkpoint that a peer had cosigned, as a note. */
  readonly checkpoint: string;
  /** How many of its leaves were still there, and follow as leaves 1…n of this log. */
  readonly kept: string;
};

/**
 * A peer's log goes on under a new name, because its disk had gone back. Taken only with its first leaf, proved and signed,
 * and only if that names at least what we have seen of the log before: a restore must not be a way to forget. Source: trust.md §4.
 */
export async function acceptSuccession(
  deps: Deps,
  region: string,
  proof: string,
  leafBytes: Uint8Array,
): Promise<Result<true>> {
  const { store, peers, runtime } = deps;
  const detail = detailOf(leafBytes);
  const watched = peers().filter((one) => one.region === region);
  const previous = detail && namedLog(watched, detail.previous);
  if (detail === undefined || previous === undefined) return refused(region, "malformed");
  const origin = originIn(previous.base, previous.generation + 1);
  const vkey = vkeyUnder(previous.vkey, origin);
  const first = vkey === undefined ? undefined : verifyOffline(proof, leafBytes, vkey, []);
  if (!first?.ok || first.value.index !== "0" || detail.logKey !== vkey) return refused(region, "proof");

  const present = await presentGeneration(store, previous.base);
  if (present === previous.generation + 1) return ok(true);
  if (present !== previous.generation) return refused(region, "generation");
  const last = openCheckpoint(detail.checkpoint, [previous.vkey]);
  if (!last.ok || last.value.origin !== previous.origin) return refused(region, "checkpoint");
  const seen = await readLastSeen(store, previous.origin);
  const size = BigInt(seen?.size ?? "0");
  const isSame = seen === undefined || isEqual(Buffer.from(seen.root, "hex"), last.value.root);
  // A shorter end would let the region drop what we have seen; an equal one must be what we have seen.
  if (last.value.size < size || (last.value.size === size && !isSame)) return refused(region, "forgets");

  const generation = previous.generation + 1;
  const mended = await openRollbacks(store, region);
  const taken = await transact(store, [presentRef(previous), ...mended, ...appendLeafRefs()], (tx) => {
    if (!goOnAs(tx, { base: previous.base, generation })) return ok(true);
    mendRollbacks(tx, mended, runtime.nowMs());
    const about = { origin, previous: previous.origin, size: String(last.value.size), kept: detail.kept };
    appendLeaf(tx, deps.region, {
      kind: "log.succeeded",
      atMs: runtime.nowMs(),
      subject: origin,
      actor: `peer:${region}`,
      digest: digestOf(about),
      detail: about,
    });
    return ok(true);
  });
  if (!taken.ok) return taken;
  deps.logger.warn(
    { region, origin, previous: previous.origin },
    "a peer was restored; its log goes on under a new name",
  );
  deps.metrics.count("audit_successions_total", { region });
  return ok(true);
}

function detailOf(leafBytes: Uint8Array): SuccessionDetail | undefined {
  try {
    const { kind, detail } = JSON.parse(Buffer.from(leafBytes).toString("utf8"));
    const fields = ["logKey", "previous", "checkpoint", "kept"];
    const isWhole = kind === "log.succeeded" && fields.every((name) => typeof detail?.[name] === "string");
    return isWhole ? detail : undefined;
  } catch {
    return undefined;
  }
}

function refused(region: string, why: string) {
  return refuse(
    "LOG_SUCCESSION",
    {
      zh: `地区 ${region} 宣告的后续日志不成立(${why}):其首条记录必须给出不早于各方所见的旧日志检查点。请该地区重新运行 heliu restore。`,
      en: `The log that region ${region} says it goes on in is not accepted (${why}): its first entry must name a checkpoint of the old log no earlier than peers have seen. The region has to run heliu restore again.`,
    },
    { region, why },
  );
}
