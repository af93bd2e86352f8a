import { type AuditLeaf, leafKinds } from "../audit/model.ts";
import type { Role } from "../identity/model.ts";

type Kind = AuditLeaf["kind"];

/** What each role may follow; auditors and administrators all of it. A kind that is not here is theirs alone. */
const SEEN_BY: { readonly [R in Exclude<Role, "admin" | "auditor">]: readonly string[] } = {
  finance: ["agreement", "receipt", "declaration", "statement", "period", "dispute", "ledger", "netting", "objection"],
  approver: ["negotiation", "agreement", "objection"],
  requester: ["negotiation", "agreement", "transfer", "receipt", "objection"],
  publisher: ["catalog", "source", "objection"],
};

/** Undefined: every kind. */
export function visibleKinds(roles: readonly Role[]): ReadonlySet<Kind> | undefined {
  if (roles.includes("auditor") || roles.includes("admin")) return undefined;
  const families = roles.flatMap((role) => (role === "auditor" || role === "admin" ? [] : SEEN_BY[role]));
  return new Set(leafKinds.filter((kind) => families.includes(kind.split(".")[0] ?? "")));
}
