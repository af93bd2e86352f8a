import type { Transitions } from "../kernel/machine.ts";
import type { TransferState } from "./model.ts";

export type TransferParty = "consumer" | "provider";
export type TransferEvent = "start" | "suspend" | "complete" | "terminate";

const terminate = { to: "TERMINATED", by: "either" } as const;

/** The whole protocol after the request that creates a transfer. Source: Dataspace Protocol 2025-1, transfer states. */
export const transferTransitions: Transitions<TransferState, TransferEvent, TransferParty> = {
  REQUESTED: { start: { to: "STARTED", by: "provider" }, terminate },
  STARTED: { suspend: { to: "SUSPENDED", by: "either" }, complete: { to: "COMPLETED", by: "either" }, terminate },
  SUSPENDED: { start: { to: "STARTED", by: "either" }, terminate },
  COMPLETED: {},
  TERMINATED: {},
};
