import type { Agreement } from "../negotiation/model.ts";
import type { ProcessDeps } from "./process.ts";
import { waitsForSignatures, waitsForWindows } from "./reasons.ts";

type ExceptionDeps = Pick<ProcessDeps, "receipts" | "openCalls">;
type Sides = Pick<Agreement, "provider" | "consumer">;

/**
 * What was delivered up to a period and no statement could account for yet, each with its owner: these block closing, unless
 * it is closed early and they count into the next period. The same as the equation's blocking exceptions, without reading
 * every receipt. A number with two versions is no such thing: it is in dispute by itself, and parked.
 */
export async function openExceptions(
  { receipts, openCalls }: ExceptionDeps,
  agreementId: string,
  periodId: string,
  { provider, consumer }: Sides,
) {
  const { missing } = await receipts.completeness(agreementId, periodId);
  const calls = await openCalls(agreementId, periodId);
  return [
    ...(missing > 0 ? [waitsForSignatures(consumer, missing)] : []),
    ...(calls > 0 ? [waitsForWindows(provider, calls)] : []),
  ];
}
