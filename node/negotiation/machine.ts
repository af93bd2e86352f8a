import { type Failure, ok, type Result } from "../kernel/exchange-error.ts";
import { type Move, step, type Transitions } from "../kernel/machine.ts";
import type { NegotiationState } from "./model.ts";

export type Party = "consumer" | "provider";
export type NegotiationEvent = "request" | "offer" | "agree" | "accept" | "verify" | "finalize" | "terminate";

const terminate: Move<NegotiationState, Party> = { to: "TERMINATED", by: "either" };

/** The whole protocol. Source: Dataspace Protocol 2025-1, contract negotiation states; dsp.md §2.1–2.2. */
const TRANSITIONS: Transitions<NegotiationState, NegotiationEvent, Party> = {
  REQUESTED: { offer: { to: "OFFERED", by: "provider" }, agree: { to: "AGREED", by: "provider" }, terminate },
  OFFERED: { request: { to: "REQUESTED", by: "consumer" }, accept: { to: "ACCEPTED", by: "consumer" }, terminate },
  ACCEPTED: { agree: { to: "AGREED", by: "provider" }, terminate },
  AGREED: { verify: { to: "VERIFIED", by: "consumer" }, terminate },
  VERIFIED: { finalize: { to: "FINALIZED", by: "provider" }, terminate },
  FINALIZED: {},
  TERMINATED: {},
};

/**
 * Diagram and text of the protocol differ on who may terminate: a termination is taken from either side, as the text says,
 * but sent only where the diagram allows it, so that no peer can call ours illegal. Source: dsp.md §2.1.
 */
const MAY_SEND_TERMINATION: { readonly [S in NegotiationState]: readonly Party[] } = {
  REQUESTED: ["consumer", "provider"],
  OFFERED: ["consumer", "provider"],
  ACCEPTED: ["provider"],
  AGREED: ["consumer"],
  VERIFIED: ["provider"],
  FINALIZED: [],
  TERMINATED: [],
};

export function nextState(from: NegotiationState, event: NegotiationEvent, by: Party): Result<NegotiationState> {
  return step(TRANSITIONS, from, event, by);
}

/** Like `nextState` for our own termination: refused where the diagram leaves it to the other side. */
export function maySendTermination(from: NegotiationState, by: Party): Result<true> {
  if (MAY_SEND_TERMINATION[from].includes(by)) return ok(true);
  // An event that no state knows, so that the refusal is the machine's own.
  return step({ ...TRANSITIONS, [from]: {} }, from, "terminate", by) as Failure;
}

export function isOver(state: NegotiationState): boolean {
  return state === "FINALIZED" || state === "TERMINATED";
}

export function otherParty(party: Party): Party {
  return party === "consumer" ? "provider" : "consumer";
}
