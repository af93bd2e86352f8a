import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Receipt } from "../metering/model.ts";
import { read } from "../storage/transact.ts";
import { termsOf } from "./build.ts";
import type { Declaration, Statement } from "./model.ts";
import { statementView } from "./period-view.ts";
import { type ProcessDeps, settlementRef } from "./process.ts";
import { refuseProcess } from "./process-refusal.ts";
import type { StatementBundle } from "./recompute.ts";
import { inRanges } from "./seq-ranges.ts";

/** A signed statement with everything it follows from, for `recompute` on any machine. */
export async function bundleOf(
  deps: ProcessDeps,
  agreementId: string,
  periodId: string,
): Promise<Result<StatementBundle>> {
  const found = await read(deps.store, settlementRef({ agreementId, periodId }));
  if (found?.built == null || found.declaration === null) {
    return refuseProcess("SETTLEMENT_NOT_FOUND", { agreementId, periodId });
  }
  const { built, declaration } = found;
  const terms = await termsOf(deps, agreementId);
  if (!terms.ok) return terms;
  const receipts: Receipt[] = [];
  for await (const held of deps.receipts.forSettlement(agreementId, periodId)) {
    const { core, providerSignature, consumerSignature } = held;
    if (consumerSignature === null || !inRanges(built.settles, core.direction, core.seq)) continue;
    receipts.push({ core, providerSignature, consumerSignature });
  }
  return ok({
    type: "heliu.statement-bundle.v1",
    statement: built.text,
    signatures: statementView(deps.region, found).signatures,
    terms: terms.value,
    declaration: JSON.parse(declaration.text) as Declaration,
    carry: built.opening.carry,
    posted: built.opening.posted,
    disputedReceiptIds: (JSON.parse(built.text) as Statement).disputedReceiptIds,
    receipts,
  });
}
