import type { Procedure } from "./procedure.ts";

export const publicationStates = [
  "draft",
  "submitted",
  "reviewing",
  "published",
  "suspended",
  "withdrawn",
  "refused",
] as const;
export type PublicationState = (typeof publicationStates)[number];

export type PublicationEvent =
  | "submit"
  | "auto-check"
  | "approve"
  | "return"
  | "refuse"
  | "revise"
  | "suspend"
  | "resume"
  | "withdraw";

export type PublicationGuard = "no-faults" | "no-secret";

/**
 * Publication of a catalogue entry. Source: domain.md §6.1. Two rows are ours: `withdraw` straight from published, since
 * a catalogue often takes down what needs no suspension first, and `revise` of a suspended entry, which is how most
 * causes of a suspension are cured.
 */
export const publication: Procedure<PublicationState, PublicationEvent, PublicationGuard> = {
  name: "catalog.publication",
  moves: [
    { from: "draft", event: "submit", to: "submitted", by: "publisher", guard: "no-faults" },
    { from: "submitted", event: "auto-check", to: "reviewing", by: "node", guard: "no-secret" },
    { from: "submitted", event: "auto-check", to: "refused", by: "node" },
    { from: "reviewing", event: "approve", to: "published", by: "approver", fourEyes: true, guard: "no-faults" },
    { from: "reviewing", event: "return", to: "draft", by: "approver", needsReason: true },
    { from: "reviewing", event: "refuse", to: "refused", by: "approver", needsReason: true },
    { from: "published", event: "revise", to: "submitted", by: "publisher" },
    { from: "suspended", event: "revise", to: "submitted", by: "publisher" },
    { from: "published", event: "suspend", to: "suspended", by: "approver", needsReason: true },
    { from: "suspended", event: "resume", to: "published", by: "approver", guard: "no-secret" },
    { from: "suspended", event: "withdraw", to: "withdrawn", by: "approver", needsReason: true },
    { from: "published", event: "withdraw", to: "withdrawn", by: "approver", needsReason: true },
  ],
};
