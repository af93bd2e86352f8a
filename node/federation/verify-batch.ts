import { changeHash, nextHead, verifyHead } from "../catalog/change-chain.ts";
import { decodeChange } from "../catalog/entry-codec.ts";
import type { CatalogChange, ChainedChange, SignedChangeBatch } from "../catalog/model.ts";
import { type Failure, ok, type Result, refusals } from "../kernel/exchange-error.ts";
import { msOf } from "../kernel/instant.ts";

const refuse = refusals({
  FED_MALFORMED: "integrity",
  FED_WRONG_REGION: "integrity",
  FED_UNKNOWN_KEY: "integrity",
  FED_SIGNATURE: "integrity",
  FED_CHAIN: "integrity",
  FED_GAP: "conflict",
  FED_HISTORY_CHANGED: "conflict",
});

export type MirrorPoint = { readonly region: string; readonly sequence: string; readonly head: string };

/** A change whose place in the peer's signed history is proved. `unreadable`: it is, but holds no entry we can take. */
export type ProvedChange =
  | { readonly sequence: string; readonly kind: "visible"; readonly change: CatalogChange }
  | { readonly sequence: string; readonly kind: "hidden" | "unreadable" };

/** A key that is valid now: heads are signed when they are sent, and an `at` in the past would revive a retired key. */
type KeyOf = (keyId: string) => Uint8Array | undefined;

const SEQUENCE = /^(0|[1-9][0-9]{0,17})$/;
const HASH = /^[0-9a-f]{64}$/;

/**
 * What a batch adds after `point`. Signature and inner chain come first, so that nobody but the peer itself can make us
 * believe that its history has changed (`FED_HISTORY_CHANGED`) or that we lost some of it (`FED_GAP`).
 */
export function verifyBatch(batch: SignedChangeBatch, point: MirrorPoint, keyOf: KeyOf): Result<ProvedChange[]> {
  if (batch.region !== point.region) return wrongRegion(point.region, batch.region);
  if (!isWellFormed(batch)) return malformed(batch);
  const key = keyOf(batch.keyId);
  if (key === undefined) return unknownKey(batch);
  if (!verifyHead(key, batch)) return badSignature(batch);
  const first = BigInt(batch.sequence) - BigInt(batch.changes.length);
  if (first < 0n || !isChained(batch, first)) return brokenChain(batch);
  if (first !== BigInt(point.sequence)) return gap(point, first);
  if (batch.previousHead !== point.head) return historyChanged(point);
  return ok(batch.changes.map((change) => proved(change)));
}

function isWellFormed({ sequence, at, previousHead, head, changes }: SignedChangeBatch): boolean {
  return (
    SEQUENCE.test(sequence) &&
    !Number.isNaN(msOf(at)) &&
    HASH.test(previousHead) &&
    HASH.test(head) &&
    changes.every(({ hash }) => HASH.test(hash))
  );
}

function isChained({ previousHead, changes, head }: SignedChangeBatch, first: bigint): boolean {
  let value = previousHead;
  for (const [index, { sequence, change, salt, hash }] of changes.entries()) {
    if (sequence !== String(first + BigInt(index) + 1n)) return false;
    if (change !== null && (salt === null || changeHash(salt, change) !== hash)) return false;
    value = nextHead(value, hash);
  }
  return value === head;
}

function proved({ sequence, change }: ChainedChange): ProvedChange {
  if (change === null) return { sequence, kind: "hidden" };
  const decoded = decodeChange(change);
  // One entry that a newer or faulty peer wrote differently must not keep all others from arriving.
  if (!decoded.ok || decoded.value.sequence !== sequence) return { sequence, kind: "unreadable" };
  return { sequence, kind: "visible", change: decoded.value };
}

function wrongRegion(region: string, claimed: string): Failure {
  return refuse(
    "FED_WRONG_REGION",
    {
      zh: `地区 ${region} 的连接上收到了署名地区 ${claimed} 的目录变更;已拒收。`,
      en: `Catalogue changes signed as region ${claimed} came over the channel of region ${region}; they were not taken.`,
    },
    { region, claimed },
  );
}

function malformed({ region }: SignedChangeBatch): Failure {
  return refuse(
    "FED_MALFORMED",
    {
      zh: `地区 ${region} 发来的目录变更格式不正确;未采用。请与对方核对版本。`,
      en: `Catalogue changes of region ${region} are malformed; nothing was taken. Compare versions with its operator.`,
    },
    { region },
  );
}

function unknownKey({ region, keyId }: SignedChangeBatch): Failure {
  return refuse(
    "FED_UNKNOWN_KEY",
    {
      zh: `地区 ${region} 的目录变更由未列入信任列表(或已失效)的密钥 ${keyId} 签名;请对方更新信任列表中的密钥。`,
      en: `Catalogue changes of region ${region} are signed with key ${keyId}, which the trust list does not name as valid; the region has to have its keys updated there.`,
    },
    { region, keyId },
  );
}

function badSignature({ region, sequence }: SignedChangeBatch): Failure {
  return refuse(
    "FED_SIGNATURE",
    {
      zh: `地区 ${region} 第 ${sequence} 号目录变更的签名不成立;未采用,镜像保持原状。`,
      en: `The signature over change ${sequence} of region ${region} does not hold; nothing was taken, the mirror stays as it was.`,
    },
    { region, sequence },
  );
}

function brokenChain({ region, sequence }: SignedChangeBatch): Failure {
  return refuse(
    "FED_CHAIN",
    {
      zh: `地区 ${region} 截至第 ${sequence} 号的变更与其签名的哈希链不符;未采用。请对方检查其数据是否损坏。`,
      en: `The changes of region ${region} up to ${sequence} do not add up to the hash chain it signed; nothing was taken. Its operator should check for damaged data.`,
    },
    { region, sequence },
  );
}

function gap({ region, sequence }: MirrorPoint, first: bigint): Failure {
  return refuse(
    "FED_GAP",
    {
      zh: `地区 ${region} 从第 ${first} 号之后发送,而镜像停在第 ${sequence} 号;将从镜像所在位置重新订阅。`,
      en: `Region ${region} sends from after change ${first}, the mirror stands at ${sequence}; it subscribes again from where it stands.`,
    },
    { region, sequence, first: String(first) },
  );
}

function historyChanged({ region, sequence }: MirrorPoint): Failure {
  return refuse(
    "FED_HISTORY_CHANGED",
    {
      zh: `地区 ${region} 第 ${sequence} 号之前的变更历史与以前签名的不同(可能从备份恢复);镜像正从头重建。`,
      en: `The history of region ${region} up to change ${sequence} differs from what it signed before (perhaps it was restored from a backup); the mirror is being rebuilt from the beginning.`,
    },
    { region, sequence },
  );
}
