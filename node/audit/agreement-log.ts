import { encodeBase64 } from "../kernel/base64.ts";
import { ok, type Result, refusals } from "../kernel/exchange-error.ts";
import type { Store } from "../storage/port.ts";
import { list, read } from "../storage/transact.ts";
import { readLeaf, type StoredLeaf } from "./leaves.ts";
import type { AuditLeaf } from "./model.ts";
import { latestCheckpoint, noteOf, type StoredCheckpoint, witnessedCheckpoint } from "./signed-head.ts";
import { agreementLeaves } from "./store.ts";
import type { Tree } from "./tree.ts";

/** One leaf of an agreement with its way up to the checkpoint's root. */
export type AgreementEntry = {
  readonly index: string;
  readonly leaf: AuditLeaf;
  /** Base64, from the leaf's sibling upwards. */
  readonly proof: readonly string[];
};

/** All leaves of an agreement up to one of its heads, under one checkpoint: with that head they are provably all. */
export type AgreementLog = {
  /** The signed note, cosignatures included. */
  readonly checkpoint: string;
  readonly entries: readonly AgreementEntry[];
  /** That the log of `size` leaves with this root, which the reader holds from before, is the beginning of this one. */
  readonly consistency: { readonly size: string; readonly root: string; readonly proof: readonly string[] } | null;
  /** Leaf 0 of a log that follows one whose disk went back: from where it goes on. Absent in a region's first log. */
  readonly succession?: AgreementEntry | undefined;
};

export type AgreementLogQuery = {
  readonly agreementId: string;
  /** Ends with the head that this period's signed statement brought. */
  readonly periodId?: string | undefined;
  /** Number of the agreement's entry that must be in, such as a head that was just written. */
  readonly through?: string | undefined;
  /** A size of the log that the reader knows. */
  readonly since?: string | undefined;
};

/** What fits a file that people hand around; beyond it the log itself is what to read. */
const MAX_ENTRIES = 50_000;

const refuse = refusals({
  AUDIT_NO_HEAD: "not-found",
  AUDIT_HEAD_NOT_YET: "not-yet",
  AUDIT_BUNDLE_TOO_BIG: "too-large",
  AUDIT_NO_SUCH_SIZE: "invalid-input",
});

export async function agreementLog(
  { store, tree }: { readonly store: Store; readonly tree: Tree },
  query: AgreementLogQuery,
): Promise<Result<AgreementLog>> {
  const { agreementId } = query;
  const leaves: StoredLeaf[] = [];
  for await (const index of list(store, agreementLeaves, [agreementId])) {
    if (leaves.length === MAX_ENTRIES) return tooBig(agreementId);
    const leaf = await readLeaf(store, index);
    if (leaf === undefined) throw new Error(`audit leaf ${index} is missing`);
    leaves.push(leaf);
  }
  const heads = headsOf(leaves, query);
  if (heads.length === 0) return noHead(query);
  const found = await newestCovered(store, heads);
  if (found === undefined) return notYet(agreementId);

  const { head, checkpoint } = found;
  const size = BigInt(checkpoint.size);
  const through = leaves.slice(0, leaves.indexOf(head) + 1);
  const entryOf = async ({ index, leaf }: StoredLeaf): Promise<AgreementEntry> => ({
    index,
    leaf,
    proof: (await tree.inclusion(BigInt(index), size)).map(encodeBase64),
  });
  const entries = await Promise.all(through.map(entryOf));
  const first = await readLeaf(store, "0");
  const succession = first?.leaf.kind === "log.succeeded" ? await entryOf(first) : undefined;
  const consistency = await consistencyWith(tree, query.since, size);
  if (!consistency.ok) return consistency;
  return ok({
    ...{ checkpoint: noteOf(checkpoint), entries, consistency: consistency.value },
    ...(succession !== undefined && { succession }),
  });
}

/** The heads that answer the query, oldest first. */
function headsOf(leaves: readonly StoredLeaf[], { periodId, through }: AgreementLogQuery): StoredLeaf[] {
  const from = through === undefined ? 0n : BigInt(through);
  const heads = leaves.filter(
    ({ leaf }) => leaf.kind === "agreement.head" && BigInt(leaf.detail.agreementSeq ?? "0") >= from,
  );
  if (periodId === undefined) return heads;
  const signed = leaves.find(({ leaf }) => leaf.kind === "statement.signed" && leaf.detail.periodId === periodId);
  if (signed === undefined) return [];
  return heads.filter(({ index }) => BigInt(index) > BigInt(signed.index)).slice(0, 1);
}

/** A checkpoint with a witness's word before one without, as long as it covers a head at all. */
async function newestCovered(store: Store, heads: readonly StoredLeaf[]) {
  for (const ref of [witnessedCheckpoint, latestCheckpoint]) {
    const checkpoint: StoredCheckpoint | undefined = await read(store, ref);
    if (checkpoint === undefined) continue;
    const head = heads.findLast(({ index }) => BigInt(index) < BigInt(checkpoint.size));
    if (head !== undefined) return { head, checkpoint };
  }
  return undefined;
}

async function consistencyWith(
  tree: Tree,
  since: string | undefined,
  size: bigint,
): Promise<Result<AgreementLog["consistency"]>> {
  if (since === undefined) return ok(null);
  const first = BigInt(since);
  if (first > size) return noSuchSize(since, size);
  const proof = await tree.consistency(first, size);
  return ok({ size: since, root: encodeBase64(await tree.rootAt(first)), proof: proof.map(encodeBase64) });
}

function noHead({ agreementId, periodId }: AgreementLogQuery) {
  if (periodId !== undefined) {
    return refuse(
      "AUDIT_NO_HEAD",
      {
        zh: `协议 ${agreementId} 的 ${periodId} 账期还没有双方签署的结算单,没有可以截止的位置;请先关账,或不指定账期导出。`,
        en: `Agreement ${agreementId} has no signed statement of ${periodId} to end at; close the period first, or export without naming one.`,
      },
      { agreementId, periodId },
    );
  }
  return refuse(
    "AUDIT_NO_HEAD",
    {
      zh: `协议 ${agreementId} 还没有固定条数的记录(agreement.head),无法证明齐全;请先写入一条(POST /api/v1/agreements/${agreementId}/head)。`,
      en: `No agreement.head fixes how many entries agreement ${agreementId} has, so nothing proves that they are all; write one first (POST /api/v1/agreements/${agreementId}/head).`,
    },
    { agreementId },
  );
}

function notYet(agreementId: string) {
  return refuse(
    "AUDIT_HEAD_NOT_YET",
    {
      zh: `协议 ${agreementId} 的 agreement.head 已写入,但尚未被检查点覆盖;请稍后再导出。`,
      en: `The agreement.head of ${agreementId} is written, but no checkpoint covers it yet; export again in a moment.`,
    },
    { agreementId, retryAfterSeconds: "1" },
  );
}

function tooBig(agreementId: string) {
  return refuse(
    "AUDIT_BUNDLE_TOO_BIG",
    {
      zh: `协议 ${agreementId} 的记录超过 ${MAX_ENTRIES} 条,不能装入一个文件;请直接读取日志(/audit/tile/…)并逐条核对。`,
      en: `Agreement ${agreementId} has more than ${MAX_ENTRIES} entries, too many for one file; read the log itself (/audit/tile/…) and check it there.`,
    },
    { agreementId, max: String(MAX_ENTRIES) },
  );
}

function noSuchSize(since: string, size: bigint) {
  return refuse(
    "AUDIT_NO_SUCH_SIZE",
    {
      zh: `此前的日志大小 ${since} 大于现有检查点的 ${size}:日志不会变短,请核对所给检查点是否属于本日志。`,
      en: `The earlier size ${since} is above the ${size} of the checkpoint: a log never gets shorter, so check that the earlier checkpoint is of this log.`,
    },
    { since, size: String(size) },
  );
}
