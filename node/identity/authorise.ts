import { type Failure, ok, type Result } from "../kernel/exchange-error.ts";
import type { Peer, Principal, Role } from "./model.ts";
import { refuse } from "./refusal.ts";

/** May this person do what needs the role? Roles do not include each other: writing never implies approving. */
export function requireRole(principal: Principal, role: Role | readonly Role[]): Result<true> {
  const wanted = typeof role === "string" ? [role] : role;
  if (wanted.some((one) => principal.roles.includes(one))) return ok(true);
  return refuse(
    "ROLE_REQUIRED",
    {
      zh: `此操作需要角色 ${wanted.join(" 或 ")},当前用户 ${principal.name} 的角色为 ${principal.roles.join("、") || "无"};请由具备该角色的人员办理,或请管理员授予。`,
      en: `This needs the role ${wanted.join(" or ")}; ${principal.name} has ${principal.roles.join(", ") || "none"}. Let someone with the role do it, or ask an administrator for it.`,
    },
    { required: [...wanted], held: [...principal.roles] },
  );
}

/** Who asked cannot approve, whatever roles they hold. `requestedBy` is a user id. */
export function fourEyes(requestedBy: string, principal: Principal): Result<true> {
  if (requestedBy !== principal.userId) return ok(true);
  return refuse("SELF_APPROVAL", {
    zh: `申请人不能审批自己的申请(四眼原则);请由另一名审批人办理。`,
    en: "Who asked cannot approve (four eyes); another approver has to decide.",
  });
}

/** The service that the peer's entry in the trust list must name. */
export function requireCapability(peer: Peer, capability: string): Result<true> {
  if (peer.capabilities.includes(capability)) return ok(true);
  return refuse(
    "authz.capability",
    {
      zh: `信任列表未授予地区 ${peer.region} 使用 ${capability} 的资格;如需开通,请由发起方签署新版列表。`,
      en: `The trust list does not allow region ${peer.region} to use ${capability}; the founders would have to sign a list that does.`,
    },
    { region: peer.region, capability },
  );
}

/**
 * The caller must be a party of the agreement, negotiation or transfer it names. To a stranger it does not exist: the
 * answer is the same as for an id that was never given out.
 */
export function requireParty(peer: Peer, parties: readonly string[], id: string): Result<true> {
  return parties.includes(peer.region) ? ok(true) : notParty(id);
}

function notParty(id: string): Failure {
  return refuse(
    "authz.not_party",
    {
      zh: `未找到与贵方有关的 ${id};请核对编号。`,
      en: `There is no ${id} that you are a party to; check the id.`,
    },
    { id },
  );
}
