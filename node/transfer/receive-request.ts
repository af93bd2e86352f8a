import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { digestOf } from "../kernel/canonical-json.ts";
import { type ExchangeError, ok, type Result } from "../kernel/exchange-error.ts";
import { newUrn } from "../kernel/ids.ts";
import { NO_USAGE, usages } from "../metering/usage.ts";
import type { Agreement } from "../negotiation/model.ts";
import { unknownAgreement } from "../negotiation/refusal.ts";
import { agreements, maskKeys } from "../negotiation/store.ts";
import type { Answer, InboundMessage } from "../outbox/model.ts";
import { inboxRefs, markReceived, receiveOnce } from "../outbox/store.ts";
import { type RecordedDecision, recordTransfer } from "../policy/decision-record.ts";
import { enforceTransfer } from "../policy/enforce.ts";
import { read, type Tx, transact } from "../storage/transact.ts";
import { keepDecision, packsOf } from "./batch-decision.ts";
import type { TransferDeps } from "./deps.ts";
import { freezesOf } from "./freezes.ts";
import { type BodyOf, processOf } from "./messages.ts";
import { refuseTransfer, ruleOf } from "./refusal.ts";
import { owe, oweRefs, stampOf } from "./send.ts";
import { newTransfer } from "./start-transfer.ts";
import { changeTransfer, putNewTransfer, sendings, transferRefs, transfers, transfersByPeer } from "./store.ts";

/** The provider's side of `TransferRequestMessage`: judged at once, begun in the same commit. */
export async function receiveRequest(
  deps: TransferDeps,
  inbound: InboundMessage,
  body: BodyOf<"TransferRequestMessage">,
): Promise<Result<Answer>> {
  const agreement = await read(deps.store, agreements.at(body.agreementId));
  if (agreement === undefined || agreement.role !== "provider") return unknownAgreement();
  // The assignee of the agreement is the caller, by its channel; somebody else learns nothing of it.
  if (agreement.peer !== inbound.peer) return unknownAgreement();

  const { may: judged, decision } = await judge(deps, agreement, body);
  if (!judged.ok) {
    // What the consumer's node asks again is no refusal yet, and would write a leaf at every try.
    const isFinal = judged.error.kind !== "unavailable" && judged.error.kind !== "not-yet";
    if (isFinal) await recordRefusal(deps, agreement, judged.error, decision);
    return judged;
  }
  const stamp = stampOf(deps.runtime, inbound.traceId);
  const selection = body.selection ?? {};
  const fresh = newTransfer(newUrn(deps.runtime), body.consumerPid, agreement, selection, null, stamp.nowMs);
  const byPeer = transfersByPeer.at(inbound.peer, body.consumerPid);
  const earlierId = await read(deps.store, byPeer);
  const about = { id: fresh.id, agreementId: agreement.id, atMs: stamp.nowMs };
  const refs = [
    byPeer,
    agreements.at(agreement.id),
    ...inboxRefs(inbound),
    ...transferRefs(fresh),
    ...oweRefs(fresh),
    ...(earlierId === undefined ? [] : [transfers.at(earlierId)]),
  ];
  return transact(deps.store, refs, (tx) => {
    const seen = receiveOnce(tx, inbound);
    if (seen !== undefined) return ok(seen.seen);
    const taken = tx.get(byPeer);
    if (taken !== undefined) {
      const earlier = taken === earlierId ? tx.get(transfers.at(taken)) : undefined;
      return earlier === undefined ? busy(body.consumerPid) : ok(processOf(earlier));
    }
    const link = { binding: inbound.binding, callbackAddress: body.callbackAddress ?? null };
    putNewTransfer(tx, fresh, link);
    tx.put(sendings.at(fresh.id), {
      fingerprint: null,
      batches: "0",
      unsigned: [],
      sha256: null,
    });
    const change = { event: "start", by: "ours", actor: "node", comment: null, reason: null } as const;
    const started = changeTransfer(tx, deps.region, fresh, { ...change, nowMs: stamp.nowMs });
    if (!started.ok) return started;
    if (decision !== undefined) writeDecision(tx, deps.region, about, decision);
    owe(tx, started.value, "TransferStartMessage", {}, stamp);
    // The protocol answers a request with REQUESTED; that it has begun is what the start message says.
    const answer = processOf(fresh);
    markReceived(tx, inbound, answer);
    return ok(answer);
  });
}

type Judged = {
  readonly may: Result<true>;
  /** Absent where not the agreement but the source said no. */
  readonly decision?: RecordedDecision;
};

/** Alive, for the caller, through this channel, from a source that is there, and not already used up. */
async function judge(
  deps: TransferDeps,
  agreement: Agreement,
  { selection = {} }: BodyOf<"TransferRequestMessage">,
): Promise<Judged> {
  const entry = await deps.entry(agreement.entry.id);
  const kind = await deps.sources.kindFor(agreement.entry.id);
  const maskKey = await read(deps.store, maskKeys.at(agreement.id));
  const question = {
    agreement,
    selection,
    fieldsOfEntry: entry?.fields ?? [],
    totals: (await read(deps.store, usages.at(agreement.id))) ?? NO_USAGE,
    nowMs: deps.runtime.nowMs(),
    isFrozen: await isFrozenNow(deps, agreement.entry.id),
    ...(maskKey === undefined ? {} : { maskKey: Buffer.from(maskKey, "base64") }),
  };
  const plan = enforceTransfer(question);
  const decision = recordTransfer(question, plan, packsOf(agreement));
  if (!plan.ok) return { may: plan, decision };
  if (kind === "rows" || kind === "bytes") return { may: ok(true), decision };
  return { may: noSource(agreement.entry.id, kind) };
}

async function isFrozenNow(deps: TransferDeps, entryId: string): Promise<boolean> {
  const freezes = await freezesOf(deps, entryId);
  const marks = await Promise.all(freezes.map((ref) => read(deps.store, ref)));
  return marks.some((objections = []) => objections.length > 0);
}

function writeDecision(
  tx: Tx,
  region: string,
  about: { readonly id: string; readonly agreementId: string; readonly atMs: number },
  decision: RecordedDecision,
): void {
  const { id: subject, agreementId, atMs } = about;
  keepDecision(tx, decision);
  const { detail } = decision;
  const digest = detail.outcome;
  appendLeaf(tx, region, { kind: "policy.decided", atMs, subject, actor: "node", digest, detail, agreementId });
}

/** A refusal is evidence too; it is written by itself, since the commit that it refused writes nothing. */
async function recordRefusal(
  { store, region, runtime }: TransferDeps,
  { id, peer }: Pick<Agreement, "id" | "peer">,
  error: ExchangeError,
  decision: RecordedDecision | undefined,
): Promise<void> {
  const detail = { code: error.code, rule: ruleOf(error), count: "1" };
  await transact(store, appendLeafRefs({ agreementId: id }), (tx) => {
    if (decision !== undefined) keepDecision(tx, decision);
    appendLeaf(tx, region, {
      kind: "policy.refused",
      atMs: runtime.nowMs(),
      subject: id,
      actor: `peer:${peer}`,
      digest: digestOf({ agreementId: id, ...detail }),
      agreementId: id,
      detail: { ...decision?.detail, ...detail },
    });
    return ok(true);
  });
}

function noSource(entryId: string, kind: string | undefined) {
  if (kind === "calls") {
    return refuseTransfer(
      "FORMAT_UNKNOWN",
      "source.kind",
      {
        zh: `条目 ${entryId} 是按次核验的产品,原始数据不提供下载;请改用调用接口。`,
        en: `Entry ${entryId} is a product that is called; its data is never delivered. Use calls instead.`,
      },
      { entryId },
    );
  }
  return refuseTransfer(
    "SOURCE_NOT_CONNECTED",
    "source.entry",
    {
      zh: `条目 ${entryId} 还没有可用的数据源;请提供方先连接数据源,再重新发起传输。`,
      en: `Entry ${entryId} has no source yet; the provider must connect one, then start the transfer again.`,
    },
    { entryId },
  );
}

function busy(consumerPid: string) {
  return refuseTransfer(
    "TRANSFER_CONFLICT",
    "transfer.consumerPid",
    { zh: "同一申请正在处理;请稍后重试。", en: "The same request is being handled; try again in a moment." },
    { consumerPid },
  );
}
