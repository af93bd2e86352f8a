import { type Canonical, canonicalText, digestOf } from "../kernel/canonical-json.ts";
import { verifySignature } from "../kernel/ed25519.ts";
import type { ExchangeError } from "../kernel/exchange-error.ts";
import type { ReceiptCore } from "../metering/model.ts";
import { checkOffered, checkReceipt, coreDigestOf } from "../metering/receipt.ts";
import { type ReadDocument, readDocument } from "../negotiation/agreement.ts";
import { thirdRegionsOf } from "../policy/parties.ts";
import { examine, type StatementBundle } from "../settlement/recompute.ts";
import { documentsNamedBy } from "./documents.ts";
import type { TrustedKeys } from "./keys.ts";
import type { AuditBundle } from "./model.ts";
import { fault } from "./refusal.ts";

/** Every document that a leaf names is here, unaltered, and no other. */
export function* faultsOfDocuments({ documents, log }: AuditBundle): Generator<ExchangeError> {
  const held = new Map(documents.map((document) => [digestOf(document as Canonical), document as Canonical]));
  const wanted = new Set(log.entries.flatMap(({ leaf }) => leaf.detail.inputs ?? []));
  for (const digest of wanted) {
    const document = held.get(digest);
    if (document === undefined) yield fault("BUNDLE_DOCUMENT_MISSING", digest);
    else for (const further of documentsNamedBy(document)) wanted.add(further);
  }
  for (const digest of held.keys()) if (!wanted.has(digest)) yield fault("BUNDLE_DOCUMENT_ADDED", digest);
  if (held.size !== documents.length) yield fault("BUNDLE_DOCUMENT_ADDED", "twice");
}

/** The document that the log calls signed, under the signatures of everybody whom it binds. */
export function* faultsOfAgreement(bundle: AuditBundle, keys: TrustedKeys): Generator<ExchangeError> {
  const text = canonicalText(bundle.agreement.document as Canonical);
  const read = readDocument(text);
  if (!read.ok) {
    yield read.error;
    return;
  }
  const { document, digest } = read.value;
  if (document.agreementId !== bundle.agreementId) yield fault("BUNDLE_AGREEMENT", document.agreementId);
  const isLogged = bundle.log.entries.some(({ leaf }) => leaf.kind === "agreement.signed" && leaf.digest === digest);
  if (!isLogged) yield fault("BUNDLE_AGREEMENT", digest);

  const bytes = Buffer.from(`heliu.agreement.v1\n${text}`, "utf8");
  const signed = new Set<string>();
  for (const { region, keyId, signature } of bundle.agreement.signatures) {
    const key = keys.statement(region, keyId);
    if (key === undefined || signed.has(region) || !verifySignature(key, bytes, signature)) {
      yield fault("BUNDLE_AGREEMENT_SIGNATURE", region);
    }
    signed.add(region);
  }
  for (const region of regionsBoundBy(read.value)) {
    if (!signed.has(region)) yield fault("BUNDLE_AGREEMENT_SIGNATURE", region);
  }
}

/** Whose signature must be there: the provider's, and where money is involved that of everybody it concerns. */
function regionsBoundBy({ document, terms }: ReadDocument): Set<string> {
  const { price } = terms;
  if (price === null) return new Set([document.provider]);
  const { provider, consumer } = document;
  return new Set([provider, consumer, ...thirdRegionsOf(price, provider, consumer)]);
}

/** One receipt for each leaf that speaks of one, with the very digest that the leaf holds. */
export function* faultsOfReceipts(bundle: AuditBundle, keys: TrustedKeys): Generator<ExchangeError> {
  const logged = new Map<string, string>();
  for (const { leaf } of bundle.log.entries) {
    if (leaf.kind.startsWith("receipt.")) logged.set(leaf.subject, leaf.digest);
  }
  const { carried, further } = receiptsIn(bundle);
  const seen = new Set<string>();
  for (const { core } of [...carried, ...further]) {
    const { receiptId } = core;
    const digest = logged.get(receiptId);
    if (digest === undefined || seen.has(receiptId)) yield fault("BUNDLE_RECEIPT_ADDED", receiptId);
    else if (digest !== `sha256:${coreDigestOf(core)}`) yield fault("BUNDLE_RECEIPT_DIFFERS", receiptId);
    seen.add(receiptId);
  }
  for (const receiptId of logged.keys()) if (!seen.has(receiptId)) yield fault("BUNDLE_RECEIPT_MISSING", receiptId);
  // Those that the statement carries are checked with it.
  for (const { core, providerSignature, consumerSignature } of further) {
    const checked =
      consumerSignature === null
        ? checkOffered(canonicalText(core), providerSignature, keys.statement)
        : checkReceipt({ core, providerSignature, consumerSignature }, keys.statement);
    if (!checked.ok) yield checked.error;
  }
}

type AnyReceipt = {
  readonly core: ReceiptCore;
  readonly providerSignature: string;
  readonly consumerSignature: string | null;
};

function receiptsIn({ statement, receipts }: AuditBundle) {
  const carried = (statement?.receipts ?? []) as AnyReceipt[];
  const further = receipts as AnyReceipt[];
  const hasCore = (receipt: AnyReceipt | null) => typeof receipt?.core?.receiptId === "string";
  return { carried: carried.filter(hasCore), further: further.filter(hasCore) };
}

/** Computed again from the receipts, under the terms of this agreement and the declaration that the log names. */
export function* faultsOfStatement(bundle: AuditBundle, keys: TrustedKeys): Generator<ExchangeError> {
  const { statement, periodId, agreementId, log } = bundle;
  if ((statement === null) !== (periodId === null)) yield fault("BUNDLE_STATEMENT", "periodId");
  if (statement === null) return;
  const { recomputed, faults } = examine(wholeStatement(bundle, statement), keys.statement);
  yield* faults;
  const isLogged = (kind: string, wanted: string) =>
    log.entries.some(({ leaf }) => leaf.kind === kind && leaf.detail.periodId === periodId && leaf.digest === wanted);
  if (statement.agreementId !== agreementId || statement.periodId !== periodId)
    yield fault("BUNDLE_STATEMENT", "periodId");
  const digest = recomputed?.digest ?? "";
  if (!isLogged("statement.signed", digest)) yield fault("BUNDLE_STATEMENT", digest);
  const declaration = digestOf((statement.declaration ?? null) as Canonical);
  if (!isLogged("declaration.signed", declaration)) yield fault("BUNDLE_STATEMENT", `declaration ${declaration}`);
}

/** With the parts that the file holds once: the agreement, whose terms are the statement's. */
function wholeStatement({ agreement }: AuditBundle, statement: NonNullable<AuditBundle["statement"]>): StatementBundle {
  const { terms } = agreement.document as { readonly terms?: unknown };
  const document = canonicalText(agreement.document as Canonical);
  const whole = { ...statement, agreement: { document, signatures: agreement.signatures }, terms, keys: [] };
  return whole as unknown as StatementBundle;
}
