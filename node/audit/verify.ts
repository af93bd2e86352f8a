import { ok, type Result, refusals } from "../kernel/exchange-error.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { leafHash, verifyInclusion } from "./merkle.ts";
import { parseVkey } from "./note.ts";
import { parseProof } from "./proof.ts";

const refuse = refusals({
  PROOF_WRONG_LOG: "integrity",
  PROOF_FAILS: "integrity",
});

export type VerifiedLeaf = {
  readonly index: string;
  /** Size of the log the leaf is proven under. */
  readonly size: string;
  readonly origin: string;
  /** Names of the given witnesses that cosigned. How many are enough is the caller's decision. */
  readonly witnesses: readonly string[];
};

/**
 * Is this leaf in that log? Needs the files and the keys alone: no network, no trust in whoever handed them over.
 * The checkpoint must be signed by the log's own key; witnesses alone do not speak for a log.
 */
export function verifyOffline(
  proofText: string,
  leafBytes: Uint8Array,
  logVkey: string,
  witnessVkeys: readonly string[],
): Result<VerifiedLeaf> {
  const proof = parseProof(proofText);
  if (!proof.ok) return proof;
  const logKey = parseVkey(logVkey);
  if (!logKey.ok) return logKey;
  const checkpoint = openCheckpoint(proof.value.checkpoint, [logVkey, ...witnessVkeys]);
  if (!checkpoint.ok) return checkpoint;

  const { origin, size, root, verified } = checkpoint.value;
  if (origin !== logKey.value.name || !verified.includes(origin)) return wrongLog(origin, logKey.value.name);
  const { index, hashes } = proof.value;
  if (!verifyInclusion(hashes, { index, size, leafHash: leafHash(leafBytes), root })) return fails(index, size);
  const witnesses = verified.filter((name) => name !== origin);
  return ok({ index: String(index), size: String(size), origin, witnesses });
}

function wrongLog(origin: string, expected: string) {
  return refuse(
    "PROOF_WRONG_LOG",
    {
      zh: `检查点来自 ${origin},或没有 ${expected} 的日志签名;请确认拿到的是该日志的证明。`,
      en: `The checkpoint is of ${origin}, or ${expected} has not signed it; make sure the proof is of that log.`,
    },
    { origin, expected },
  );
}

function fails(index: bigint, size: bigint) {
  return refuse(
    "PROOF_FAILS",
    {
      zh: `该条目不是大小为 ${size} 的日志中的第 ${index} 条:内容或证明被改动过,请勿采信。`,
      en: `This entry is not number ${index} of the log of size ${size}: the entry or the proof was altered. Do not rely on it.`,
    },
    { index: String(index), size: String(size) },
  );
}
