import { decodeHash } from "../kernel/base64.ts";
import { canonicalText } from "../kernel/canonical-json.ts";
import { type ExchangeError, type Failure, refusals } from "../kernel/exchange-error.ts";
import type { AgreementEntry, AgreementLog } from "./agreement-log.ts";
import { type OpenedCheckpoint, openCheckpoint } from "./checkpoint.ts";
import { namedLog } from "./log-names.ts";
import { type Hash, leafHash, verifyConsistency, verifyInclusion } from "./merkle.ts";
import { parseVkey, splitNote } from "./note.ts";
import { parseHashes } from "./proof.ts";
import type { LogKeys } from "./verify-succession.ts";

const NO_LEAF = "0".repeat(64);

const refuse = refusals({
  BUNDLE_CHECKPOINT_LOG: "integrity",
  BUNDLE_UNKNOWN_SIGNATURE: "integrity",
  BUNDLE_INCONSISTENT: "integrity",
  BUNDLE_ENTRY_NOT_IN_LOG: "integrity",
  BUNDLE_ENTRY_MISSING: "integrity",
  BUNDLE_ENTRY_ADDED: "integrity",
  BUNDLE_ENTRY_ORDER: "integrity",
  BUNDLE_ENTRY_CHAIN: "integrity",
  BUNDLE_HEAD: "integrity",
});

/**
 * The checkpoint under which everything else is proved: signed by the log itself, and by nobody whose key is not known.
 * After a restore a log bears a later name, under the same key.
 */
export function openLogCheckpoint(log: AgreementLog, keys: LogKeys): OpenedCheckpoint | ExchangeError {
  const key = parseVkey(keys.log);
  if (!key.ok) return key.error;
  const [said = ""] = log.checkpoint.split("\n", 1);
  const vkeys = [namedLog([{ region: "", logVkey: keys.log }], said)?.vkey ?? keys.log, ...keys.witnesses];
  const opened = openCheckpoint(log.checkpoint, vkeys);
  if (!opened.ok) return opened.error;
  const { origin, verified } = opened.value;
  if (origin !== said || namedLog([{ region: "", logVkey: keys.log }], origin) === undefined) {
    return wrongLog(origin, key.value.name).error;
  }
  if (!verified.includes(origin)) return wrongLog(origin, key.value.name).error;
  // A note may carry strangers' lines; a file whose every byte is vouched for may not.
  const stranger = strangerIn(log.checkpoint, vkeys);
  return stranger === undefined ? opened.value : unknownSignature(stranger).error;
}

function strangerIn(note: string, vkeys: readonly string[]): string | undefined {
  const parts = splitNote(note);
  if (!parts.ok) return "";
  const known = new Set<string>();
  for (const vkey of vkeys) {
    const key = parseVkey(vkey);
    if (key.ok) known.add(`${key.value.name} ${key.value.id}`);
  }
  const lines = parts.value.signatures.map(
    ({ name, payload }) => `${name} ${Buffer.from(payload.subarray(0, 4)).toString("hex")}`,
  );
  return lines.find((line, place) => !known.has(line) || lines.indexOf(line) !== place);
}

/**
 * Are these all entries of the agreement up to its last head, in order and unaltered? Every fault is named by the entry
 * it concerns; nothing is concluded from an entry that is not proved to be in the log.
 */
export function* faultsOfEntries(
  { entries, consistency }: AgreementLog,
  agreementId: string,
  checkpoint: OpenedCheckpoint,
): Generator<ExchangeError> {
  yield* faultsOfSequence(entries, agreementId);
  let prev = NO_LEAF;
  for (const entry of entries) {
    const hash = leafHash(Buffer.from(canonicalText(entry.leaf), "utf8"));
    if (!isInLog(entry, hash, checkpoint)) yield notInLog(entry).error;
    const { agreementSeq = "", agreementPrev } = entry.leaf.detail;
    if (agreementPrev !== prev) yield brokenChain(entry, agreementSeq).error;
    prev = Buffer.from(hash).toString("hex");
  }
  yield* faultsOfHead(entries);
  if (consistency !== null && !isConsistent(consistency, checkpoint)) yield inconsistent(consistency.size).error;
}

function* faultsOfSequence(entries: readonly AgreementEntry[], agreementId: string): Generator<ExchangeError> {
  const seen = new Set<string>();
  let last = 0n;
  let isOrdered = true;
  for (const { index, leaf } of entries) {
    const { agreementSeq: seq = "" } = leaf.detail;
    const isForeign = leaf.detail.agreementId !== agreementId || !/^[1-9][0-9]{0,18}$/.test(seq);
    if (isForeign || seen.has(seq)) {
      yield added(index, seq).error;
      continue;
    }
    seen.add(seq);
    const number = BigInt(seq);
    if (number < last && isOrdered) {
      isOrdered = false;
      yield outOfOrder(index, seq).error;
    }
    if (number > last) last = number;
  }
  for (let number = 1n; number <= last; number++) {
    if (!seen.has(String(number))) yield missing(String(number), String(last)).error;
  }
}

function* faultsOfHead(entries: readonly AgreementEntry[]): Generator<ExchangeError> {
  const last = entries.at(-1)?.leaf;
  const { agreementSeq = "0", agreementPrev = "", lastSeq = "", lastLeaf = "" } = last?.detail ?? {};
  const isHead = last?.kind === "agreement.head";
  if (!isHead || lastLeaf !== agreementPrev || lastSeq !== String(BigInt(agreementSeq) - 1n)) {
    yield noHead(entries.length).error;
  }
}

function isInLog({ index, proof }: AgreementEntry, hash: Hash, { size, root }: OpenedCheckpoint): boolean {
  const hashes = parseHashes(proof);
  if (hashes === undefined || !/^(0|[1-9][0-9]{0,18})$/.test(index)) return false;
  return verifyInclusion(hashes, { index: BigInt(index), size, leafHash: hash, root });
}

function isConsistent(
  { size, root, proof }: NonNullable<AgreementLog["consistency"]>,
  checkpoint: OpenedCheckpoint,
): boolean {
  const hashes = parseHashes(proof);
  const firstRoot = decodeHash(root);
  if (hashes === undefined || firstRoot === undefined || !/^(0|[1-9][0-9]{0,18})$/.test(size)) return false;
  const { size: second, root: secondRoot } = checkpoint;
  return verifyConsistency(hashes, { first: BigInt(size), second, firstRoot, secondRoot });
}

function wrongLog(origin: string, expected: string): Failure {
  return refuse(
    "BUNDLE_CHECKPOINT_LOG",
    {
      zh: `检查点来自 ${origin},或没有 ${expected} 的日志签名;请向该地区重新索取证据包。`,
      en: `The checkpoint is of ${origin}, or ${expected} has not signed it; ask that region for the bundle again.`,
    },
    { origin, expected },
  );
}

function unknownSignature(line: string): Failure {
  return refuse(
    "BUNDLE_UNKNOWN_SIGNATURE",
    {
      zh: `检查点带有信任列表以外的签名(${line});请用当时的信任列表核对,或重新导出。`,
      en: `The checkpoint carries a signature by a key outside the trust list (${line}); check with the list of that time, or export again.`,
    },
    { line },
  );
}

function inconsistent(size: string): Failure {
  return refuse(
    "BUNDLE_INCONSISTENT",
    {
      zh: `大小为 ${size} 的旧日志不是现日志的开头:日志被改写过,或旧检查点不属于它。请保留两份文件并交监督方。`,
      en: `The log of size ${size} is not the beginning of this one: it was rewritten, or the earlier checkpoint is of another log. Keep both files and bring them to the supervisor.`,
    },
    { size },
  );
}

function notInLog({ index, leaf }: AgreementEntry): Failure {
  const seq = leaf.detail.agreementSeq ?? "";
  return refuse(
    "BUNDLE_ENTRY_NOT_IN_LOG",
    {
      zh: `第 ${seq} 条(日志编号 ${index},${leaf.kind})不在检查点所签的日志中:内容或证明被改动过,请勿采信。`,
      en: `Entry ${seq} (log index ${index}, ${leaf.kind}) is not in the log that the checkpoint signs: it or its proof was altered. Do not rely on it.`,
    },
    { index, seq, kind: leaf.kind },
  );
}

function missing(seq: string, last: string): Failure {
  return refuse(
    "BUNDLE_ENTRY_MISSING",
    {
      zh: `缺少该协议的第 ${seq} 条(共 ${last} 条);请向出具方索取完整的证据包。`,
      en: `Entry ${seq} of the agreement's ${last} is missing; ask whoever issued the bundle for a complete one.`,
    },
    { seq, last },
  );
}

function added(index: string, seq: string): Failure {
  return refuse(
    "BUNDLE_ENTRY_ADDED",
    {
      zh: `多出一条(日志编号 ${index},序号 ${seq || "无"}):序号重复或不属于该协议。`,
      en: `One entry too many (log index ${index}, number ${seq || "none"}): its number is taken, or it is not of this agreement.`,
    },
    { index, seq },
  );
}

function outOfOrder(index: string, seq: string): Failure {
  return refuse(
    "BUNDLE_ENTRY_ORDER",
    {
      zh: `第 ${seq} 条(日志编号 ${index})被移动了位置;条目须按序号排列。`,
      en: `Entry ${seq} (log index ${index}) was moved; entries stand in the order of their numbers.`,
    },
    { index, seq },
  );
}

function brokenChain({ index }: AgreementEntry, seq: string): Failure {
  return refuse(
    "BUNDLE_ENTRY_CHAIN",
    {
      zh: `第 ${seq} 条(日志编号 ${index})所记的前一条哈希与前一条不符:其间有条目被改动、删除或插入。`,
      en: `Entry ${seq} (log index ${index}) names another entry before it: one was altered, removed or put in between.`,
    },
    { index, seq },
  );
}

function noHead(count: number): Failure {
  return refuse(
    "BUNDLE_HEAD",
    {
      zh: `最后一条不是与前文相符的 agreement.head,无法证明这 ${count} 条就是全部;末尾可能被截去。`,
      en: `The last entry is no agreement.head that fits those before, so nothing proves that these ${count} are all; the end may be cut off.`,
    },
    { count: String(count) },
  );
}
