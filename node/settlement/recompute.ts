import { canonicalize, parseCanonical } from "../kernel/canonical-json.ts";
import { sha256Hex } from "../kernel/digest.ts";
import { verifyEd25519 } from "../kernel/ed25519.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Receipt } from "../metering/model.ts";
import { checkReceipt } from "../metering/receipt.ts";
import type { SettlementTerms } from "../policy/settlement-terms.ts";
import { periodOfDeclaration, termsWithDays } from "./figures.ts";
import type { Carry, Declaration, PostedUsage } from "./model.ts";
import { refuseProcess } from "./process-refusal.ts";
import { buildStatement } from "./statement.ts";

/** Everything that one statement follows from, as exported; enough to recompute it without asking either node. */
export type StatementBundle = {
  readonly type: "heliu.statement-bundle.v1";
  /** The canonical text that both regions signed. */
  readonly statement: string;
  readonly signatures: readonly { readonly region: string; readonly keyId: string; readonly signature: string }[];
  readonly terms: SettlementTerms;
  readonly declaration: Declaration;
  readonly carry: Carry | null;
  readonly posted: readonly PostedUsage[];
  readonly disputedReceiptIds: readonly string[];
  readonly receipts: readonly Receipt[];
};

/** Raw keys by region and key id, from a trust list that the reader trusts. */
export type KeyRing = (region: string, keyId: string) => Uint8Array | undefined;

export type Recomputed = { readonly digest: string; readonly receipts: number; readonly signedBy: readonly string[] };

/** Offline: every receipt is checked, the statement computed anew, the signatures verified over the recomputed bytes. */
export function recompute(bundle: StatementBundle, keys: KeyRing): Result<Recomputed> {
  const parsed = parseCanonical(Buffer.from(bundle.statement, "utf8"));
  if (!parsed.ok) return parsed;
  const counted: { core: Receipt["core"]; coreDigest: string }[] = [];
  for (const receipt of bundle.receipts) {
    const checked = checkReceipt(receipt, keys);
    if (!checked.ok) return checked;
    counted.push(checked.value);
  }
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
  if (!text.ok) return text;
  if (text.value !== bundle.statement) return refuseProcess("STATEMENT_RESULT_DIFFERS");
  const bytes = Buffer.from(`heliu.statement.v1\n${text.value}`, "utf8");
  for (const { region, keyId, signature } of bundle.signatures) {
    const key = keys(region, keyId);
    if (key === undefined || !verifyEd25519(key, bytes, Buffer.from(signature, "base64"))) {
      return refuseProcess("STATEMENT_SIGNATURE", { region });
    }
  }
  return ok({
    digest: `sha256:${sha256Hex(text.value)}`,
    receipts: counted.length,
    signedBy: bundle.signatures.map(({ region }) => region),
  });
}
