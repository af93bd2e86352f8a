import { canonicalize, digestOf } from "../kernel/canonical-json.ts";
import { refusals } from "../kernel/exchange-error.ts";
import { instantOf } from "../kernel/instant.ts";
import { bytesCollection, collection } from "../storage/collection.ts";
import { type AnyRef, abandon, type Tx } from "../storage/transact.ts";
import { leafHash } from "./merkle.ts";
import type { AuditEvent, AuditLeaf } from "./model.ts";

/** Number of leaves, as far as commits have written them; the sequencer's tree follows behind. */
export type LogHead = {
  readonly size: string;
  /** Set once peers have shown that this log has signed more than this disk holds; see `standing.ts`. */
  readonly halted?: Halt;
};

export type Halt = {
  /** The region that showed it. */
  readonly peer: string;
  /** What this log has signed and this disk does not lead to. */
  readonly note: string;
  readonly size: string;
  readonly at: string;
};

/** The last leaf of one agreement: its number within the agreement and its hash in hex. */
type AgreementHead = { readonly seq: string; readonly leafHash: string };

export const leafBytes = bytesCollection("audit-leaf");
export const logHead = collection<LogHead>("audit-head").at("log");
const agreementHeads = collection<AgreementHead>("audit-agreement-head");
/** (agreement, number within it) → leaf index. */
export const agreementLeaves = collection<string>("audit-agreement-leaf");
/** (subject, leaf index) → leaf index. */
export const subjectLeaves = collection<string>("audit-subject-leaf");

/** The uint16 length of an entry bundle allows no more. Source: settlement.md §15, c2sp.org/tlog-tiles. */
const MAX_LEAF_BYTES = 65_535;
const NO_LEAF = "0".repeat(64);

const refuse = refusals({ AUDIT_LEAF_TOO_BIG: "too-large", LOG_ROLLED_BACK: "integrity" });

export type AppendedLeaf = {
  readonly index: string;
  readonly leafHash: string;
  /** Its number among the agreement's leaves, when it is one. */
  readonly agreementSeq?: string;
};

/** What `appendLeaf` reads; give every agreement that a leaf of the commit may concern. */
export function appendLeafRefs(about?: { readonly agreementId?: string } | readonly string[]): readonly AnyRef[] {
  const agreementIds = about === undefined ? [] : "length" in about ? about : [about.agreementId];
  const known = agreementIds.filter((id) => id !== undefined);
  return [logHead, ...known.map((id) => agreementHeads.at(id))];
}

/**
 * Writes the leaf under the next number. Call it as often as things happened in a commit. Ends the whole commit with
 * `AUDIT_LEAF_TOO_BIG` (or a `CANONICAL_…` refusal): what cannot be evidenced does not happen.
 */
export function appendLeaf(tx: Tx, region: string, event: AuditEvent): AppendedLeaf {
  const head = tx.get(logHead);
  // Whatever is evidenced stops here: numbers would be given out twice, and signed for twice.
  if (head?.halted !== undefined) return abandon(rolledBack(head.halted, head.size));
  const index = head?.size ?? "0";
  const bytes = bytesOf(leafOf(tx, region, event));
  const hash = Buffer.from(leafHash(bytes)).toString("hex");

  tx.put(leafBytes.at(BigInt(index)), bytes);
  tx.put(logHead, { size: String(BigInt(index) + 1n) });
  tx.put(subjectLeaves.at(event.subject, BigInt(index)), index);
  if (event.agreementId !== undefined) {
    const seq = nextSeq(tx, event.agreementId);
    tx.put(agreementHeads.at(event.agreementId), { seq, leafHash: hash });
    tx.put(agreementLeaves.at(event.agreementId, BigInt(seq)), index);
    return { index, leafHash: hash, agreementSeq: seq };
  }
  return { index, leafHash: hash };
}

/**
 * Fixes how many leaves an agreement has: whoever holds leaves 1…n of it and this one (n + 1) knows that none is
 * missing. Written at each period close and on request. Source: settlement.md §15.
 */
export function appendAgreementHead(
  tx: Tx,
  region: string,
  event: { readonly agreementId: string; readonly atMs: number; readonly actor: string },
): AppendedLeaf {
  const { agreementId } = event;
  const { seq: lastSeq, leafHash: lastLeaf } = tx.get(agreementHeads.at(agreementId)) ?? {
    seq: "0",
    leafHash: NO_LEAF,
  };
  const detail = { lastSeq, lastLeaf };
  const digest = digestOf({ agreementId, ...detail });
  return appendLeaf(tx, region, { ...event, kind: "agreement.head", subject: agreementId, digest, detail });
}

function leafOf(tx: Tx, region: string, event: AuditEvent): AuditLeaf {
  const { kind, atMs, subject, actor, digest, agreementId } = event;
  const detail: Record<string, string> = { ...event.detail };
  if (agreementId !== undefined) {
    detail.agreementId = agreementId;
    detail.agreementSeq = nextSeq(tx, agreementId);
    detail.agreementPrev = tx.get(agreementHeads.at(agreementId))?.leafHash ?? NO_LEAF;
  }
  return { type: "heliu.audit.v1", at: instantOf(atMs), region, kind, subject, actor, digest, detail };
}

function nextSeq(tx: Tx, agreementId: string): string {
  return String(BigInt(tx.get(agreementHeads.at(agreementId))?.seq ?? "0") + 1n);
}

function bytesOf(leaf: AuditLeaf): Uint8Array {
  // A subject or detail may carry text that a peer sent, so a lone surrogate is a refusal, not a bug.
  const text = canonicalize(leaf);
  if (!text.ok) return abandon(text);
  const bytes = Buffer.from(text.value, "utf8");
  if (bytes.length <= MAX_LEAF_BYTES) return bytes;
  return abandon(
    refuse(
      "AUDIT_LEAF_TOO_BIG",
      {
        zh: `审计叶子有 ${bytes.length} 字节,超过上限 ${MAX_LEAF_BYTES};请把文档存于别处,叶子中只写其摘要。`,
        en: `The audit leaf has ${bytes.length} bytes, more than ${MAX_LEAF_BYTES}; keep the document elsewhere and put its digest into the leaf.`,
      },
      { kind: leaf.kind, bytes: String(bytes.length) },
    ),
  );
}

export function rolledBack({ peer, size }: Halt, here: string) {
  return refuse(
    "LOG_ROLLED_BACK",
    {
      zh: `地区 ${peer} 持有本节点已签名至第 ${size} 条的检查点,而本机磁盘只有 ${here} 条或内容不符(数据退回到了较早的状态)。为免重复编号、自相矛盾,本节点停止写入和签名;请停止节点并运行 heliu restore --dir <节点目录>。`,
      en: `Region ${peer} holds a checkpoint that this node signed at ${size} entries; this disk has ${here}, or others (it went back to an earlier state). So as not to give numbers out twice, the node writes and signs nothing; stop it and run heliu restore --dir <its folder>.`,
    },
    { peer, signed: size, here },
  );
}
