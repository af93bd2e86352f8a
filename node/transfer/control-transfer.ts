import { requireRole } from "../identity/authorise.ts";
import type { Principal, Role } from "../identity/model.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Reason } from "../kernel/reason.ts";
import { read } from "../storage/transact.ts";
import type { TransferDeps } from "./deps.ts";
import type { Transfer } from "./model.ts";
import { moveTransfer } from "./move-transfer.ts";
import { notFound } from "./refusal.ts";
import { transfers } from "./store.ts";

/** Who may stop and resume: the consumer's requesters, the provider's publishers, and approvers of both. */
const MAY_CONTROL = {
  consumer: ["requester", "approver"],
  provider: ["publisher", "approver"],
} as const satisfies { readonly [role in Transfer["role"]]: readonly Role[] };

const CODES = {
  suspend: {
    code: "SUSPENDED_BY_PERSON",
    zh: "传输已被暂停,在批次边界停下;恢复后从最后一个已落盘的批次继续,不重发。",
    en: "The transfer was suspended at a batch boundary; resumed, it goes on after the last durable batch and sends nothing again.",
  },
  terminate: {
    code: "TERMINATED_BY_PERSON",
    zh: "传输已被终止;已收到的批次仍有效并已计量。",
    en: "The transfer was ended; batches that arrived stay valid and metered.",
  },
} as const;

export async function suspendTransfer(deps: TransferDeps, actor: Principal, id: string, comment?: string) {
  return control(deps, actor, id, "suspend", comment);
}

export async function resumeTransfer(deps: TransferDeps, actor: Principal, id: string, comment?: string) {
  return control(deps, actor, id, "start", comment);
}

export async function terminateTransfer(deps: TransferDeps, actor: Principal, id: string, comment?: string) {
  return control(deps, actor, id, "terminate", comment);
}

async function control(
  deps: TransferDeps,
  principal: Principal,
  id: string,
  event: "suspend" | "start" | "terminate",
  comment: string | undefined,
): Promise<Result<Transfer>> {
  const transfer = await read(deps.store, transfers.at(id));
  if (transfer === undefined) return notFound(id);
  const role = actingRole(principal, transfer.role);
  if (!role.ok) return role;
  const by = { region: deps.region, role: role.value };
  const reason = event === "start" ? null : personReason(event, by, comment);
  return moveTransfer(deps, id, { event, actor: role.value, comment: comment ?? null, reason });
}

function actingRole(principal: Principal, side: Transfer["role"]): Result<Role> {
  const [first, ...others] = MAY_CONTROL[side];
  const role = [first, ...others].find((each) => principal.roles.includes(each));
  if (role !== undefined) return ok(role);
  const refused = requireRole(principal, first);
  return refused.ok ? ok(first) : refused;
}

/** As much of a comment as a reason carries, which the other side shows as it is; the whole of it stands in the timeline here. */
const LONGEST_SAID = 500;

/** It is up to whoever stopped it; the peer is told in the words that were said here, marked as this region's. */
function personReason(
  event: "suspend" | "terminate",
  by: { readonly region: string; readonly role: Role },
  comment: string | undefined,
): Reason {
  const { code, ...neutral } = CODES[event];
  const said = [...(comment ?? "").trim().toWellFormed()].slice(0, LONGEST_SAID).join("");
  const text =
    said === ""
      ? neutral
      : {
          zh: `${neutral.zh}地区 ${by.region} 说明:「${said}」`,
          en: `${neutral.en} Region ${by.region} says: “${said}”`,
        };
  const turn = event === "suspend" ? by : null;
  return { code, rule: `transfer.${event}`, turn, until: null, verified: true, text, neutral };
}
