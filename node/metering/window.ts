import { type Canonical, canonicalText } from "../kernel/canonical-json.ts";
import { sha256, sha256Hex } from "../kernel/digest.ts";
import { periodOf } from "../kernel/instant.ts";
import type { ReceiptCore } from "./model.ts";

/** A window ends with this many calls or at this age. Source: settlement.md §9. */
export const MAX_WINDOW_CALLS = 256;
export const MAX_WINDOW_MS = 1_000;
/** While a window is not closed and signed for this long, nothing more of its agreement is released. */
export const MAX_UNSIGNED_MS = 5_000;

/** Calls of one agreement, product, purpose class and period that one receipt will cover. */
export type OpenWindow = {
  /** Number of the window within its agreement. */
  readonly window: string;
  readonly productId: string;
  readonly purposeClass: ReceiptCore["purposeClass"];
  readonly periodId: string;
  readonly openedAtMs: number;
  readonly lastCallAtMs: number;
  readonly consumerKeyId: string;
  readonly callIds: readonly string[];
  /** Hex SHA-256 of each answer, in the order of `callIds`. */
  readonly answers: readonly string[];
};

/** What is hashed of one answer: the call it answers and all its flags. */
export function answerDigest(callId: string, output: { readonly [flag: string]: string }): string {
  const answer: Canonical = { callId, output };
  return sha256Hex(canonicalText(answer));
}

/** SHA-256 over the concatenated SHA-256 of the answers. */
export function windowContent(answers: readonly string[]): string {
  return sha256(Buffer.from(answers.join(""), "hex")).toString("hex");
}

export function mustClose(window: OpenWindow, nowMs: number): boolean {
  const isFull = window.callIds.length >= MAX_WINDOW_CALLS;
  return isFull || nowMs - window.openedAtMs >= MAX_WINDOW_MS || window.periodId !== periodOf(nowMs);
}

/** A window belongs to the period of its calls even when it is closed after midnight. */
export function endOf(window: OpenWindow, nowMs: number): number {
  return window.periodId === periodOf(nowMs) ? nowMs : window.lastCallAtMs;
}
