import type { Role } from "../identity/model.ts";
import type { Procedure } from "./procedure.ts";

/** `rights`: somebody concerned says that data is wrong or unlawfully used; `quality`: a user finds it faulty; `billing`: the charge. */
export const objectionTypes = ["rights", "quality", "billing"] as const;
export type ObjectionType = (typeof objectionTypes)[number];

export const objectionStates = ["raised", "marked", "verified", "handled", "archived", "refused", "withdrawn"] as const;
export type ObjectionState = (typeof objectionStates)[number];

export type ObjectionEvent = "accept" | "refuse" | "verify" | "approve" | "return" | "confirm" | "reopen" | "withdraw";
export type ObjectionGuard = "reviewed-alone" | "reopened-twice-at-most";

/** Who verifies: the source unit, for a charge the finance office. */
const VERIFIER: { readonly [T in ObjectionType]: Role } = {
  rights: "publisher",
  quality: "publisher",
  billing: "finance",
};

/** Events of the region that raised it; all others are the provider's. */
export const REQUESTER_EVENTS: readonly ObjectionEvent[] = ["confirm", "reopen", "withdraw"];

/** In which role one was raised, as the region that did so recorded it; the other one reads it in whose turn it is. */
export function raiserOf(timeline: readonly { readonly event: string; readonly actor: string }[]): Role {
  return timeline.some(({ event, actor }) => event === "raise" && actor === "finance") ? "finance" : "requester";
}

/** Rule keys of the two clocks: until it is taken up, and until it is answered. */
export function clocksOf(type: ObjectionType): { readonly accept: string; readonly verify: string } {
  if (type === "quality") return { accept: "quality.ackDays", verify: "quality.fixDays" };
  return { accept: "objection.acceptDays", verify: "objection.verifyDays" };
}

/**
 * Objections and quality reports. Source: domain.md §6.4 and §6.5: raise, accept, mark, verify, handle, remove the mark, file. Accepting
 * marks at once. What changes rights or money is verified by one person and approved by another; a fault of quality
 * is answered by the source unit alone, and the reporter may send it back twice. What becomes of the answer is up to the
 * role that raised it.
 */
export function objectionProcedure(
  type: ObjectionType,
  raiser: Role,
): Procedure<ObjectionState, ObjectionEvent, ObjectionGuard> {
  const verifier = VERIFIER[type];
  const taker: Role = type === "rights" ? "approver" : verifier;
  const open: readonly ObjectionState[] = ["raised", "marked", "verified", "handled"];
  return {
    name: `objection.${type}`,
    moves: [
      { from: "raised", event: "accept", to: "marked", by: taker },
      { from: "raised", event: "refuse", to: "refused", by: taker, needsReason: true },
      { from: "marked", event: "verify", to: "handled", by: verifier, needsReason: true, guard: "reviewed-alone" },
      { from: "marked", event: "verify", to: "verified", by: verifier, needsReason: true },
      { from: "verified", event: "approve", to: "handled", by: "approver", fourEyes: true },
      { from: "verified", event: "return", to: "marked", by: "approver", needsReason: true },
      { from: "handled", event: "confirm", to: "archived", by: raiser },
      {
        from: "handled",
        event: "reopen",
        to: "marked",
        by: raiser,
        needsReason: true,
        guard: "reopened-twice-at-most",
      },
      ...open.map((from) => ({ from, event: "withdraw", to: "withdrawn", by: raiser }) as const),
    ],
  };
}

/** Whose turn it is in a state: at which of the two regions, and in which role. Null when it is over. */
export function turnOf(
  type: ObjectionType,
  state: ObjectionState,
  raiser: Role,
): { readonly side: "requester" | "provider"; readonly role: Role } | null {
  if (state === "raised") return { side: "provider", role: type === "rights" ? "approver" : VERIFIER[type] };
  if (state === "marked") return { side: "provider", role: VERIFIER[type] };
  if (state === "verified") return { side: "provider", role: "approver" };
  return state === "handled" ? { side: "requester", role: raiser } : null;
}
