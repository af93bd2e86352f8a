import { ok, type Result } from "../kernel/exchange-error.ts";
import { msOf } from "../kernel/instant.ts";
import { signaturesOf } from "../negotiation/agreement-file.ts";
import { read } from "../storage/transact.ts";
import { termsOf } from "./build.ts";
import type { Declaration, Statement } from "./model.ts";
import { statementView } from "./period-view.ts";
import { type ProcessDeps, settlementRef } from "./process.ts";
import { refuseProcess } from "./process-refusal.ts";
import type { BundledReceipt, StatementBundle } from "./recompute.ts";
import { receiptsInRanges } from "./sources.ts";

/** A signed statement with everything it follows from, for `recompute` on any machine. One plain JSON document. */
export async function bundleOf(
  deps: ProcessDeps,
  agreementId: string,
  periodId: string,
): Promise<Result<StatementBundle>> {
  const found = await read(deps.store, settlementRef({ agreementId, periodId }));
  const agreement = await deps.agreements.find(agreementId);
  if (found?.built == null || found.declaration === null || agreement === undefined) {
    return refuseProcess("SETTLEMENT_NOT_FOUND", { agreementId, periodId });
  }
  const { built, declaration } = found;
  const terms = await termsOf(deps, agreementId);
  if (!terms.ok) return terms;
  const view = statementView(deps.region, found);
  const held: BundledReceipt[] = [];
  for await (const receipt of receiptsInRanges(deps.store, agreementId, built.settles)) {
    const { core, providerSignature, consumerSignature } = receipt;
    held.push({ core, providerSignature, consumerSignature });
  }
  const signed = {
    agreement: { document: agreement.document, signatures: signaturesOf(agreement) },
    statement: built.text,
    signatures: view.signatures,
    declarationSignatures: view.declarationSignatures,
    receipts: held,
  };
  return ok({
    type: "heliu.settlement-bundle.v1",
    agreementId,
    periodId,
    ...signed,
    terms: terms.value,
    declaration: JSON.parse(declaration.text) as Declaration,
    carry: built.opening.carry,
    posted: built.opening.posted,
    disputedReceiptIds: (JSON.parse(built.text) as Statement).disputedReceiptIds,
    keys: keysOf(deps, signed, found.signedAt),
  });
}

type Signed = Pick<StatementBundle, "agreement" | "signatures" | "declarationSignatures" | "receipts">;

/** Public keys of everybody who signed, so that the file alone can be checked; who distrusts them brings a trust list. */
function keysOf({ trust, runtime }: ProcessDeps, signed: Signed, signedAt: string | null): StatementBundle["keys"] {
  const times = [...(signedAt === null ? [] : [msOf(signedAt)]), runtime.nowMs()];
  const found = new Map<string, StatementBundle["keys"][number]>();
  const need = (region: string, keyId: string, atMs: readonly number[]) => {
    const name = `${region}/${keyId}`;
    if (found.has(name)) return;
    const key = atMs.map((at) => trust.statementKey(region, keyId, at)).find((one) => one !== undefined);
    if (key !== undefined) found.set(name, { region, keyId, publicKey: Buffer.from(key).toString("base64") });
  };
  for (const { region, keyId } of [
    ...signed.agreement.signatures,
    ...signed.signatures,
    ...signed.declarationSignatures,
  ]) {
    need(region, keyId, times);
  }
  for (const { core } of signed.receipts) {
    const at = [msOf(core.endedAt), ...times];
    need(core.providerRegion, core.providerKeyId, at);
    need(core.consumerRegion, core.consumerKeyId, at);
  }
  return [...found.values()];
}
