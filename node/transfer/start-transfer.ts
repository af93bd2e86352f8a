import { requireRole } from "../identity/authorise.ts";
import type { Principal } from "../identity/model.ts";
import type { Canonical } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { newUrn } from "../kernel/ids.ts";
import { instantOf } from "../kernel/instant.ts";
import type { Agreement } from "../negotiation/model.ts";
import { unknownAgreement } from "../negotiation/refusal.ts";
import { agreements, negotiations } from "../negotiation/store.ts";
import { checkSelection } from "../policy/enforce.ts";
import { read, transact } from "../storage/transact.ts";
import type { TransferDeps } from "./deps.ts";
import { HELIU_PULL } from "./messages.ts";
import type { Transfer, TransferSelection } from "./model.ts";
import { refuseTransfer } from "./refusal.ts";
import { owe, oweRefs, stampOf } from "./send.ts";
import { putNewTransfer, transferRefs, writeTransferLeaf } from "./store.ts";

/**
 * The consumer asks for data of an agreement. What the agreement itself rules out is refused here at once; for the rest the
 * provider decides, and its answer comes as a message.
 */
export async function startTransfer(
  deps: TransferDeps,
  actor: Principal,
  request: { readonly agreementId: string; readonly selection: TransferSelection },
): Promise<Result<Transfer>> {
  const role = requireRole(actor, "requester");
  if (!role.ok) return role;
  const { agreementId, selection } = request;
  const agreement = await read(deps.store, agreements.at(agreementId));
  if (agreement === undefined || agreement.role !== "consumer") return unknownAgreement();
  const { binding = "grpc", callbackAddress = null } =
    (await read(deps.store, negotiations.at(agreement.negotiationId))) ?? {};

  const stamp = stampOf(deps.runtime);
  const asked = checkSelection({ agreement, selection, nowMs: stamp.nowMs });
  if (!asked.ok) return asked;
  const transfer = newTransfer(newUrn(deps.runtime), null, agreement, selection, actor.userId, stamp.nowMs);
  const refs = [agreements.at(agreementId), ...transferRefs(transfer), ...oweRefs(transfer)];
  return transact(deps.store, refs, (tx) => {
    const current = tx.get(agreements.at(agreementId));
    if (current?.status !== "in-force") return notAlive(agreementId, current?.status ?? "unknown");
    putNewTransfer(tx, transfer, { binding, callbackAddress });
    writeTransferLeaf(tx, deps.region, transfer, { actor: "requester", nowMs: stamp.nowMs });
    const format = binding === "grpc" ? HELIU_PULL : "HttpData-PULL";
    const extra = binding === "grpc" ? { selection: JSON.parse(JSON.stringify(selection)) as Canonical } : {};
    owe(tx, transfer, "TransferRequestMessage", { agreementId, format, ...extra }, stamp);
    return ok(transfer);
  });
}

/** A transfer as it begins at either side, in REQUESTED. */
export function newTransfer(
  id: string,
  peerPid: string | null,
  agreement: Agreement,
  selection: TransferSelection,
  requestedBy: string | null,
  nowMs: number,
): Transfer {
  const at = instantOf(nowMs);
  const { region, id: entryId, name } = agreement.entry;
  const actor = agreement.role === "consumer" ? "requester" : `peer:${agreement.peer}`;
  return {
    id,
    peerPid,
    role: agreement.role === "consumer" ? "consumer" : "provider",
    peer: agreement.peer,
    agreementId: agreement.id,
    entry: { region, id: entryId, name },
    selection,
    state: "REQUESTED",
    rows: "0",
    bytes: "0",
    batches: "0",
    receipts: "0",
    sha256: null,
    reason: {
      code: "WAITING_FOR_PROVIDER",
      rule: "transfer.requested",
      turn: { region: agreement.provider, role: "node" },
      until: null,
      verified: true,
      text: {
        zh: "已向提供方申请传输,等待其节点核对协议后开始。",
        en: "The provider was asked for the transfer; it begins once its node has checked the agreement.",
      },
      neutral: { zh: "等待提供方。", en: "Waiting for the provider." },
    },
    requestedBy,
    timeline: [{ at, event: "request", actor, from: null, to: "REQUESTED", comment: null }],
    createdAt: at,
    updatedAt: at,
    revision: 1,
  };
}

export function notAlive(agreementId: string, status: string) {
  return refuseTransfer(
    "AGREEMENT_NOT_ALIVE",
    "policy.status",
    {
      zh: `协议 ${agreementId} 当前状态为 ${status},不能据此传输;请续签或另行申请。`,
      en: `Agreement ${agreementId} is ${status}, so nothing can be moved under it; renew it or ask for a new one.`,
    },
    { agreementId, status },
  );
}
