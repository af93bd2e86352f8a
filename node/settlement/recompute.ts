import { z } from "zod";
import { type Canonical, canonicalize, canonicalText, parseCanonical } from "../kernel/canonical-json.ts";
import { sha256Hex } from "../kernel/digest.ts";
import { verifySignature } from "../kernel/ed25519.ts";
import { type ExchangeError, ok, type Result } from "../kernel/exchange-error.ts";
import type { Receipt, ReceiptCore } from "../metering/model.ts";
import { checkOffered, checkReceipt } from "../metering/receipt.ts";
import { thirdRegionsOf } from "../policy/parties.ts";
import { type SettlementTerms, settlementTermsSchema } from "../policy/settlement-terms.ts";
import { differingPaths } from "./differing-paths.ts";
import { periodOfDeclaration, termsWithDays } from "./figures.ts";
import { type Carry, carrySchema, type Declaration, declarationSchema, type PostedUsage } from "./model.ts";
import { refuseProcess } from "./process-refusal.ts";
import { buildStatement } from "./statement.ts";

export type RegionSignature = { readonly region: string; readonly keyId: string; readonly signature: string };

/** A receipt in dispute may lack the consumer's signature; it counts nowhere. */
export type BundledReceipt = Omit<Receipt, "consumerSignature"> & { readonly consumerSignature: string | null };

/** Everything that one statement follows from, as exported; enough to recompute it without asking either node. */
export type StatementBundle = {
  readonly type: "heliu.settlement-bundle.v1";
  readonly agreementId: string;
  readonly periodId: string;
  /** The canonical document that was signed; its terms are those below. */
  readonly agreement: { readonly document: string; readonly signatures: readonly RegionSignature[] };
  /** The canonical text that both regions signed. */
  readonly statement: string;
  readonly signatures: readonly RegionSignature[];
  readonly terms: SettlementTerms;
  readonly declaration: Declaration;
  readonly declarationSignatures: readonly RegionSignature[];
  readonly carry: Carry | null;
  readonly posted: readonly PostedUsage[];
  readonly disputedReceiptIds: readonly string[];
  readonly receipts: readonly BundledReceipt[];
  readonly keys: readonly { readonly region: string; readonly keyId: string; readonly publicKey: string }[];
};

/** Raw keys by region and key id, from a trust list that the reader trusts. */
export type KeyRing = (region: string, keyId: string) => Uint8Array | undefined;

export type Recomputed = {
  readonly digest: string;
  readonly receipts: number;
  readonly signedBy: readonly string[];
  readonly amountFen: string;
};

const signaturesSchema = z.array(z.object({ region: z.string(), keyId: z.string(), signature: z.string() }));

/** Enough that nothing below stumbles over a file that is something else; what the parts say is checked part by part. */
const shapeSchema = z.looseObject({
  type: z.literal("heliu.settlement-bundle.v1"),
  agreementId: z.string(),
  periodId: z.string(),
  agreement: z.object({ document: z.string(), signatures: signaturesSchema }),
  statement: z.string(),
  signatures: signaturesSchema,
  terms: settlementTermsSchema,
  declaration: declarationSchema,
  declarationSignatures: signaturesSchema,
  carry: carrySchema.nullable(),
  posted: z.array(
    z.looseObject({
      productId: z.string(),
      usagePeriodId: z.string(),
      metered: z.array(z.unknown()),
      activeDays: declarationSchema.shape.activeDays.optional(),
    }),
  ),
  disputedReceiptIds: z.array(z.string()),
  receipts: z.array(z.looseObject({ core: z.looseObject({}), providerSignature: z.string() })),
  keys: z.array(z.object({ region: z.string(), keyId: z.string(), publicKey: z.string() })),
});

/** What was computed, and everything that does not hold; the file is good when there is no fault. */
export type Examination = { readonly recomputed: Recomputed | null; readonly faults: readonly ExchangeError[] };

/** Offline, and the first fault only; see `examine`. */
export function recompute(bundle: StatementBundle, keys: KeyRing): Result<Recomputed> {
  const { recomputed, faults } = examine(bundle, keys);
  const [first] = faults;
  if (first !== undefined) return { ok: false, error: first };
  return recomputed === null ? refuseProcess("BUNDLE_FORM", { value: "statement" }) : ok(recomputed);
}

/** Agreement, declaration and receipts are checked, the statement is computed anew, the signatures verified over that. */
export function examine(bundle: StatementBundle, keys: KeyRing): Examination {
  const faults: ExchangeError[] = [];
  const note = (result: Result<unknown>) => {
    if (!result.ok) faults.push(result.error);
  };
  const shaped = shapeSchema.safeParse(bundle);
  if (!shaped.success) {
    note(refuseProcess("BUNDLE_FORM", { value: shaped.error.issues[0]?.path.join(".") || "type" }));
    return { recomputed: null, faults };
  }
  for (const result of [...agreementFaults(bundle, keys), ...declarationFaults(bundle, keys)]) note(result);
  const parsed = parseCanonical(Buffer.from(bundle.statement, "utf8"));
  note(parsed);
  const counted: { core: ReceiptCore; coreDigest: string }[] = [];
  for (const receipt of bundle.receipts) {
    const checked = receiptOf(bundle, receipt, keys);
    if (checked.ok) counted.push(checked.value);
    else faults.push({ ...checked.error, details: { ...checked.error.details, seq: receipt.core?.seq ?? "—" } });
  }
  const built = rebuild(bundle, counted);
  note(built);
  if (!built.ok || !parsed.ok) return { recomputed: null, faults };
  const { text, amountFen } = built.value;
  if (text !== bundle.statement) {
    const paths = differingPaths(parsed.value, JSON.parse(text) as Canonical);
    note(refuseProcess("STATEMENT_RECOMPUTED_DIFFERS", { value: paths.join("; "), count: String(paths.length) }));
  }
  for (const result of signatureFaults(bundle.signatures, "heliu.statement.v1", text, keys)) note(result);
  const signedBy = bundle.signatures.map(({ region }) => region);
  for (const region of sidesOf(bundle)) {
    if (!signedBy.includes(region)) note(refuseProcess("STATEMENT_SIGNATURE", { region }));
  }
  const digest = `sha256:${sha256Hex(text)}`;
  return { recomputed: { digest, receipts: counted.length, signedBy, amountFen }, faults };
}

type Counted = { readonly core: ReceiptCore; readonly coreDigest: string };

function receiptOf(bundle: StatementBundle, receipt: BundledReceipt, keys: KeyRing): Result<Counted> {
  const { core, providerSignature, consumerSignature } = receipt;
  if (core?.agreementId !== bundle.agreementId) return refuseProcess("BUNDLE_FOREIGN", { value: core?.agreementId });
  const isUnsigned = consumerSignature === null && bundle.disputedReceiptIds.includes(core.receiptId);
  if (!isUnsigned) return checkReceipt(receipt, keys);
  const text = canonicalize(core);
  return text.ok ? checkOffered(text.value, providerSignature, keys) : text;
}

function rebuild(bundle: StatementBundle, counted: readonly Counted[]) {
  const built = buildStatement({
    terms: termsWithDays(bundle.terms, bundle.declaration),
    period: periodOfDeclaration(bundle.declaration),
    caps: new Map(bundle.declaration.caps.map(({ productId, capPriceMicro }) => [productId, capPriceMicro])),
    carry: bundle.carry,
    posted: bundle.posted,
    disputedReceiptIds: bundle.disputedReceiptIds,
    receipts: counted,
  });
  if (!built.ok) return built;
  const text = canonicalize(built.value.statement);
  return text.ok ? ok({ text: text.value, amountFen: built.value.statement.result.amountFen }) : text;
}

function* agreementFaults(bundle: StatementBundle, keys: KeyRing): Generator<Result<unknown>> {
  const { document, signatures } = bundle.agreement;
  const parsed = parseCanonical(Buffer.from(document, "utf8"));
  yield parsed;
  if (!parsed.ok) return;
  const { agreementId, terms } = parsed.value as { readonly [name: string]: Canonical };
  const isOurs = agreementId === bundle.agreementId && canonicalText(terms ?? null) === textOf(bundle.terms);
  if (!isOurs) yield refuseProcess("STATEMENT_TERMS_DIFFER");
  yield* signatureFaults(signatures, "heliu.agreement.v1", document, keys);
  for (const region of sidesOf(bundle)) {
    if (!signatures.some((one) => one.region === region)) yield refuseProcess("BUNDLE_SIGNATURE", { region });
  }
}

type SidesInDocument = {
  readonly provider?: string;
  readonly consumer?: string;
  readonly terms: SettlementTerms | null;
};

/** Everybody who has to sign: both sides, and every third region whose parties the terms pay. */
function sidesOf({ agreement }: StatementBundle): string[] {
  try {
    const { provider, consumer, terms } = JSON.parse(agreement.document) as SidesInDocument;
    if (provider === undefined || consumer === undefined) return [];
    return [provider, consumer, ...thirdRegionsOf(terms, provider, consumer)];
  } catch {
    return [];
  }
}

function* declarationFaults(bundle: StatementBundle, keys: KeyRing): Generator<Result<unknown>> {
  const { declaration, declarationSignatures, agreementId, periodId } = bundle;
  const isOurs = declaration.agreementId === agreementId && declaration.periodId === periodId;
  if (!isOurs) yield refuseProcess("BUNDLE_FOREIGN", { value: `${declaration.agreementId} ${declaration.periodId}` });
  yield* signatureFaults(declarationSignatures, "heliu.declaration.v1", textOf(declaration), keys);
  for (const region of sidesOf(bundle)) {
    if (!declarationSignatures.some((one) => one.region === region))
      yield refuseProcess("BUNDLE_SIGNATURE", { region });
  }
}

function* signatureFaults(
  signatures: readonly RegionSignature[],
  prefix: string,
  text: string,
  keys: KeyRing,
): Generator<Result<unknown>> {
  const bytes = Buffer.from(`${prefix}\n${text}`, "utf8");
  const code = prefix === "heliu.statement.v1" ? "STATEMENT_SIGNATURE" : "BUNDLE_SIGNATURE";
  for (const { region, keyId, signature } of signatures) {
    const key = keys(region, keyId);
    if (key === undefined || !verifySignature(key, bytes, signature)) {
      yield refuseProcess(code, { region, value: prefix });
    }
  }
}

function textOf(document: object): string {
  return canonicalText(JSON.parse(JSON.stringify(document)) as Canonical);
}
