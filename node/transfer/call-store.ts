import type { OpenWindow } from "../metering/window.ts";
import type { CallGroup } from "../policy/call-record.ts";
import { collection } from "../storage/collection.ts";

/** `groups`: by which decisions its calls were let through; absent in windows that an earlier version opened. */
export type MeteredWindow = OpenWindow & { readonly groups?: readonly CallGroup[] };

/** The provider's meter of one agreement: windows that are open, and closed ones that the consumer has not signed. */
export type CallMeter = {
  readonly agreementId: string;
  readonly nextWindow: string;
  readonly open: readonly MeteredWindow[];
  readonly closed: readonly {
    readonly window: string;
    readonly receiptId: string;
    readonly closedAtMs: number;
  }[];
};
export const callMeters = collection<CallMeter>("call-meter");

export function emptyMeter(agreementId: string): CallMeter {
  return { agreementId, nextWindow: "1", open: [], closed: [] };
}

/**
 * One metered call. `output` is kept until the consumer has signed the window, so that a lost answer can be given again;
 * what stays afterwards is the evidence of the use, without content. Source: domain.md §12.
 */
export type CallRow = {
  readonly callId: string;
  readonly window: string;
  readonly index: number;
  readonly at: string;
  readonly purpose: string;
  readonly digest: string;
  readonly output: { readonly [flag: string]: string } | null;
  /** Of what was asked, kept as long as the output: the same call again is answered, another one under its id is not. */
  readonly asked: string | null;
};
/** (agreement, call id) → row. */
export const callRows = collection<CallRow>("call-row");

/** One metered call as evidence: when, for what purpose, and the digest of its answer; never its content. */
export type CallEvidence = Pick<CallRow, "callId" | "index" | "at" | "purpose" | "digest">;
/** (agreement, receipt id) → the consumer's own calls of a window, by its clock, as it signed for them. */
export const signedCalls = collection<readonly CallEvidence[]>("call-signed");

export type CallWindow = { readonly receiptId: string; readonly callIds: readonly string[] };
/** (agreement, window) → its calls, in order. */
export const callWindows = collection<CallWindow>("call-window");

/** Agreement → since when this consumer has calls whose windows are not all signed. */
export const callBooks = collection<{ readonly agreementId: string; readonly sinceMs: number }>("call-book");

/** What stands in a window's receipt where a batch has its transfer. */
export function callsId(agreementId: string): string {
  return `calls:${agreementId}`;
}
