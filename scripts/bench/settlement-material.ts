import { canonicalText } from "../../node/kernel/canonical-json.ts";
import { sha256Hex } from "../../node/kernel/digest.ts";
import { type Signer, signerFromSeed } from "../../node/kernel/ed25519.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import type { ReceiptCore } from "../../node/metering/model.ts";
import { coreDigestOf, receiptIdOf } from "../../node/metering/receipt.ts";
import type { SettlementTerms } from "../../node/policy/settlement-terms.ts";
import { type BuildDeps, type BuildInput, build } from "../../node/settlement/build.ts";
import { declarationOf, NO_FIGURES } from "../../node/settlement/figures.ts";
import type { BuiltRecord, SideFigures } from "../../node/settlement/process-model.ts";
import { receiptsIn } from "../../node/settlement/sources.ts";
import type { Store } from "../../node/storage/port.ts";

export const PROVIDER = "510100";
export const CONSUMER = "500000";
export const PERIOD = "2026-10";
export const EARLIER = "2026-09";
export const AGREEMENT = "AGR-BENCH";
export const providerSigner: Signer = signerFromSeed(Buffer.alloc(32, 1));
export const consumerSigner: Signer = signerFromSeed(Buffer.alloc(32, 2));
const PRODUCTS = ["elevator-1", "weather-2", "permit-3"] as const;

export const TERMS: SettlementTerms = {
  agreementId: AGREEMENT,
  parties: [
    { partyId: "510100:provider", role: "provider", regionId: PROVIDER },
    { partyId: "500000:storage", role: "storage", regionId: CONSUMER },
    { partyId: "510100:operator", role: "operator", regionId: PROVIDER },
  ],
  vatBp: "600",
  products: PRODUCTS.map((productId, i) => ({
    productId,
    metric: "calls",
    unitPriceMicro: String(1_500 + i),
    capPriceMicro: null,
  })),
  scheme: {
    kind: "contribution",
    parties: ["510100:provider", "500000:storage", "510100:operator"],
    components: [{ metric: "calls", weight: "1" }],
    fallback: [{ partyId: "510100:provider", weight: "1" }],
  },
};

export type Usage = Pick<
  ReceiptCore,
  "productId" | "periodId" | "purposeClass" | "usage" | "contributions" | "direction"
>;

/** What receipt `seq` says: a window of calls, with who contributed to it; one in twenty is of the month before. */
export function usageOf(seq: number): Usage {
  const calls = String(1 + ((seq * 7_919) % 256));
  return {
    direction: "forward",
    productId: PRODUCTS[seq % PRODUCTS.length] ?? "",
    periodId: seq % 20 === 7 ? EARLIER : PERIOD,
    purposeClass: seq % 7 === 0 ? "public-interest" : "commercial",
    usage: { calls },
    contributions: [{ partyId: "510100:provider", metric: "calls", quantity: calls }],
  };
}

/** The whole core, as the provider gives it in the commit that releases; `variant` makes another version of the same number. */
export function coreOf(seq: number, prev: string, variant = ""): ReceiptCore {
  const said = usageOf(seq);
  const at = `${said.periodId}-15T08:00:00.000Z`;
  return {
    type: "heliu.receipt.v1",
    receiptId: receiptIdOf(AGREEMENT, said.direction, String(seq)),
    agreementId: AGREEMENT,
    ...said,
    seq: String(seq),
    prev,
    transferId: "TR-1",
    kind: "usage",
    corrects: null,
    contentSha256: sha256Hex(`answers ${seq} ${variant}`),
    startedAt: at,
    endedAt: at,
    providerRegion: PROVIDER,
    consumerRegion: CONSUMER,
    providerKeyId: providerSigner.keyId,
    consumerKeyId: consumerSigner.keyId,
  };
}

/** Digests of a chain by number; `[0]` is what number one names. */
export function chainDigests(count: number): string[] {
  const digests = ["0".repeat(64)];
  for (let seq = 1; seq <= count; seq++) digests.push(coreDigestOf(coreOf(seq, digests[seq - 1] ?? "")));
  return digests;
}

const DOCUMENT = canonicalText(JSON.parse(JSON.stringify({ agreementId: AGREEMENT, terms: TERMS })));

/** The statement as a node builds it from its store: the same function, told what both sides laid on the table. */
export async function buildFrom(store: Store, count: number, disputed: readonly string[] = []): Promise<BuiltRecord> {
  const side: SideFigures = {
    figures: NO_FIGURES,
    through: { forward: String(count), reverse: "0" },
    disputedReceiptIds: disputed,
    resolutions: [],
  };
  const about = { agreementId: AGREEMENT, periodId: PERIOD };
  const { declaration, digest } = mustSucceed(declarationOf(about, NO_FIGURES, NO_FIGURES));
  const agreement = { document: DOCUMENT, consumerSignature: "both signed" };
  const deps: BuildDeps = {
    store,
    agreements: { find: async () => agreement, all: async function* () {} } as unknown as BuildDeps["agreements"],
    receipts: receiptsIn(store),
  };
  const input: BuildInput = { declaration, inputsDigest: digest, own: side, theirs: side };
  return mustSucceed(await build(deps, about, input));
}

/** Both regions' keys, as a trust list would give them. */
export function keysOfBoth(_region: string, keyId: string): Uint8Array | undefined {
  return [providerSigner, consumerSigner].find((signer) => signer.keyId === keyId)?.publicKey;
}
