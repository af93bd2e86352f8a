import { keepDocument, readDocumentText } from "../audit/document-store.ts";
import type { DataItem } from "../catalog/model.ts";
import type { DigestedDocument } from "../kernel/canonical-json.ts";
import type { Agreement, AgreementDocument } from "../negotiation/model.ts";
import { fieldsDocument, type PackInForce, type RecordedDecision } from "../policy/decision-record.ts";
import type { Store } from "../storage/port.ts";
import type { Tx } from "../storage/transact.ts";

/** Of the agreement itself: no pack is asked again once it is signed. */
export function packsOf(agreement: Pick<Agreement, "document">): readonly PackInForce[] {
  const { rulePacks = [] } = JSON.parse(agreement.document) as Partial<AgreementDocument>;
  return rulePacks;
}

/** What the decisions of all batches of a stream share: written, and looked for in the store, once. */
export type DecisionBasis = {
  readonly packs: readonly PackInForce[];
  readonly fields: DigestedDocument;
  isKept: boolean;
};

export async function decisionBasis(
  store: Store,
  agreement: Agreement,
  fieldsOfEntry: readonly DataItem[],
): Promise<DecisionBasis> {
  const fields = fieldsDocument(fieldsOfEntry);
  const isKept = (await readDocumentText(store, fields.digest)) !== undefined;
  return { packs: packsOf(agreement), fields, isKept };
}

/** Keeps what the leaf of the same commit will name. */
export function keepDecision(tx: Tx, { documents }: RecordedDecision, basis?: DecisionBasis): void {
  if (basis !== undefined && !basis.isKept) keepDocument(tx, basis.fields);
  for (const document of documents) keepDocument(tx, document);
}
