import { z } from "zod";
import type { Reason } from "../kernel/reason.ts";
import { reasonSchema } from "../kernel/reason.ts";
import { type ObjectionState, objectionStates, objectionTypes } from "../procedures/objection.ts";

const id = z.string().min(1).max(128);
const number = z.string().regex(/^[1-9][0-9]{0,17}$/);

/** What an objection is about, always under one agreement: all of its entry, one transfer, or receipts by their numbers. */
export const aboutSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("entry") }),
  z.strictObject({ kind: z.literal("transfer"), transferId: id }),
  z.strictObject({ kind: z.literal("receipts"), from: number, to: number }),
]);
export type ObjectionAbout = z.infer<typeof aboutSchema>;

export const outcomes = ["corrected", "explained", "duplicate"] as const;
export type Outcome = (typeof outcomes)[number];

export const raiseSchema = z.strictObject({
  type: z.enum(objectionTypes),
  agreementId: id,
  about: aboutSchema,
  text: z.string().trim().min(1).max(4_000),
});
export type RaiseRequest = z.infer<typeof raiseSchema>;

/** What the two regions tell each other: what happened, and how it stands then. Names no person. */
export const messageSchema = raiseSchema.extend({
  objectionId: id,
  event: z.string().max(40),
  state: z.enum(objectionStates),
  outcome: z.enum(outcomes).nullable(),
  comment: z.string().max(4_000).nullable(),
  reason: reasonSchema.nullable(),
});
export type ObjectionMessage = z.infer<typeof messageSchema>;

export type Objection = RaiseRequest & {
  /** The same at both regions. */
  readonly id: string;
  readonly side: "requester" | "provider";
  readonly peer: string;
  readonly entry: { readonly region: string; readonly id: string; readonly name: string };
  readonly state: ObjectionState;
  readonly outcome: Outcome | null;
  /** The provider's answer, once handled or refused. */
  readonly answer: string | null;
  readonly reason: Reason | null;
  /** User ids of this node only. */
  readonly raisedBy: string | null;
  readonly verifiedBy: string | null;
  readonly reopened: number;
  readonly timeline: readonly {
    readonly at: string;
    readonly event: string;
    readonly actor: string;
    readonly from: string | null;
    readonly to: string;
    readonly comment: string | null;
  }[];
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly revision: number;
};
