import { canonicalText } from "../kernel/canonical-json.ts";
import { type ExchangeError, type Failure, refusals } from "../kernel/exchange-error.ts";
import type { AgreementEntry } from "./agreement-log.ts";
import { type OpenedCheckpoint, openCheckpoint } from "./checkpoint.ts";
import { namedLog, originIn } from "./log-names.ts";
import { leafHash, verifyInclusion } from "./merkle.ts";
import { parseHashes } from "./proof.ts";

const refuse = refusals({ BUNDLE_SUCCESSION: "integrity" });

/** The names and keys of a region's log before and now. */
export type LogKeys = { readonly log: string; readonly witnesses: readonly string[] };

/** Up to where the log before was seen by others, and how many of its leaves are the first ones of this one. */
export type Succession = { readonly before: OpenedCheckpoint; readonly kept: bigint };

/**
 * A log that bears a later name says in its leaf 0 from where it goes on: a checkpoint of the log before, signed by it. A
 * first log follows none. Source: trust.md §4.
 */
export function openSuccession(
  entry: AgreementEntry | undefined,
  checkpoint: OpenedCheckpoint,
  keys: LogKeys,
): Succession | undefined | ExchangeError {
  const now = namedLog([{ region: "", logVkey: keys.log }], checkpoint.origin);
  if (now === undefined) return broken(checkpoint.origin, "name").error;
  if (now.generation === 1) return entry === undefined ? undefined : broken(now.origin, "first").error;
  if (entry === undefined) return broken(now.origin, "absent").error;

  const { leaf, index, proof } = entry;
  const hashes = parseHashes(proof);
  const hash = leafHash(Buffer.from(canonicalText(leaf), "utf8"));
  const about = { index: 0n, size: checkpoint.size, leafHash: hash, root: checkpoint.root };
  const isFirst = index === "0" && hashes !== undefined && verifyInclusion(hashes, about);
  if (!isFirst || leaf.kind !== "log.succeeded") return broken(now.origin, "proof").error;
  const { logKey, previous, checkpoint: note = "", kept = "" } = leaf.detail;
  const before = namedLog([{ region: "", logVkey: keys.log }], originIn(now.base, now.generation - 1));
  if (logKey !== now.vkey || before === undefined || previous !== before.origin) {
    return broken(now.origin, "previous").error;
  }
  const opened = openCheckpoint(note, [before.vkey, ...keys.witnesses]);
  if (!opened.ok || opened.value.origin !== before.origin || !/^(0|[1-9][0-9]{0,18})$/.test(kept)) {
    return broken(now.origin, "checkpoint").error;
  }
  return { before: opened.value, kept: BigInt(kept) };
}

function broken(origin: string, why: string): Failure {
  return refuse(
    "BUNDLE_SUCCESSION",
    {
      zh: `日志 ${origin} 是恢复后续写的日志,但其首条记录没有可信地说明从哪里接续(${why});请向该地区重新索取证据包。`,
      en: `The log ${origin} was begun after a restore, but its first entry does not prove from where it goes on (${why}); ask that region for the bundle again.`,
    },
    { origin, why },
  );
}
