import type { AgreementLog } from "../audit/agreement-log.ts";
import { faultsOfEntries, openLogCheckpoint } from "../audit/verify-agreement-log.ts";
import { openSuccession, type Succession } from "../audit/verify-succession.ts";
import type { SignedTrustList } from "../identity/model.ts";
import { type Canonical, canonicalText, parseCanonical } from "../kernel/canonical-json.ts";
import { verifySignature } from "../kernel/ed25519.ts";
import { type ExchangeError, ok, type Result } from "../kernel/exchange-error.ts";
import { statementKeyIn, type TrustedKeys, trustedKeys, witnessingRegions } from "./keys.ts";
import { type AuditBundle, bundleSchema, SEALED_AS } from "./model.ts";
import { fault } from "./refusal.ts";
import { faultsOfAgreement, faultsOfDocuments, faultsOfReceipts, faultsOfStatement } from "./verify-contents.ts";

export type VerifyOptions = {
  /** A list the reader trusts from elsewhere. Without one the bundle's own is taken, and its digest shown for comparison. */
  readonly anchor?: SignedTrustList | undefined;
  /** How many other regions must have signed the checkpoint. */
  readonly minWitnesses?: number | undefined;
  /** An earlier bundle of the same log and agreement, already verified: this one must continue it. */
  readonly earlier?: Uint8Array | undefined;
  /** Looks at the seal before everything else and ends at the first fault: for asking only whether a file is whole. */
  readonly isHasty?: boolean | undefined;
};

export type BundleReport = {
  readonly region: string;
  readonly agreementId: string;
  readonly periodId: string | null;
  readonly exportedAt: string;
  readonly entries: number;
  readonly receipts: number;
  /** Of those, how many still lack the consumer's signature. */
  readonly unsigned: number;
  readonly statementDigest: string | null;
  readonly log: { readonly origin: string; readonly size: string; readonly root: string };
  readonly witnesses: readonly string[];
  readonly trustListDigest: string;
  /** The reader gave a trust list and the bundle's follows from it. */
  readonly isAnchored: boolean;
};

export type Verdict = { readonly report: BundleReport | null; readonly faults: readonly ExchangeError[] };

/** Checks everything in a bundle without asking any node. Sound only when no fault is named. */
export function verifyBundle(bytes: Uint8Array, options: VerifyOptions = {}): Verdict {
  const broken = options.isHasty === true ? brokenSeal(bytes) : undefined;
  if (broken !== undefined) return { report: null, faults: [broken] };
  const read = readBundle(bytes);
  if (!read.ok) return { report: null, faults: [read.error] };
  const bundle = read.value;
  const keys = trustedKeys(bundle.trustList, bundle.earlierLists ?? [], bundle.region, options.anchor);
  if (!keys.ok) return { report: null, faults: [keys.error] };
  const checkpoint = openLogCheckpoint(bundle.log as AgreementLog, keys.value.log);
  if ("code" in checkpoint) return { report: null, faults: [checkpoint] };

  const witnesses = witnessingRegions(keys.value.list, checkpoint.verified);
  const faults: ExchangeError[] = [];
  for (const found of faultsOf(bundle, keys.value, checkpoint, { ...options, witnesses })) {
    faults.push(found);
    if (options.isHasty === true) break;
  }
  const { size, root, origin } = checkpoint;
  const statementReceipts = bundle.statement?.receipts.length ?? 0;
  return {
    faults,
    report: {
      region: bundle.region,
      agreementId: bundle.agreementId,
      periodId: bundle.periodId,
      exportedAt: bundle.exportedAt,
      entries: bundle.log.entries.length,
      receipts: bundle.receipts.length + statementReceipts,
      unsigned: bundle.receipts.filter(({ consumerSignature }) => consumerSignature === null).length,
      statementDigest: bundle.log.entries.find(({ leaf }) => isStatementOf(leaf, bundle.periodId))?.leaf.digest ?? null,
      log: { origin, size: String(size), root: Buffer.from(root).toString("base64") },
      witnesses,
      trustListDigest: keys.value.digest,
      isAnchored: options.anchor !== undefined,
    },
  };
}

/** A file must be its own canonical form: then no byte of it is without meaning. */
export function readBundle(bytes: Uint8Array): Result<AuditBundle> {
  const value = parseCanonical(bytes);
  if (!value.ok) return value;
  const parsed = bundleSchema.safeParse(value.value);
  if (!parsed.success) {
    return { ok: false, error: fault("BUNDLE_MALFORMED", parsed.error.issues[0]?.path.join(".") ?? "") };
  }
  return ok(parsed.data);
}

type Checkpoint = Exclude<ReturnType<typeof openLogCheckpoint>, ExchangeError>;

function* faultsOf(
  bundle: AuditBundle,
  keys: TrustedKeys,
  checkpoint: Checkpoint,
  options: VerifyOptions & { readonly witnesses: readonly string[] },
): Generator<ExchangeError> {
  const { minWitnesses = 1, witnesses } = options;
  yield* faultsOfEntries(bundle.log as AgreementLog, bundle.agreementId, checkpoint);
  const succession = openSuccession((bundle.log as AgreementLog).succession, checkpoint, keys.log);
  if (succession !== undefined && "code" in succession) yield succession;
  if (witnesses.length < minWitnesses) yield fault("BUNDLE_UNWITNESSED", `${witnesses.length} < ${minWitnesses}`);
  yield* faultsOfDocuments(bundle);
  yield* faultsOfAgreement(bundle, keys);
  yield* faultsOfReceipts(bundle, keys);
  yield* faultsOfStatement(bundle, keys);
  const unsealed = faultOfSeal(bundle, keys.statement(bundle.region, bundle.seal.keyId));
  if (unsealed !== undefined) yield unsealed;
  if (options.earlier !== undefined) {
    const follows = succession === undefined || "code" in succession ? undefined : succession;
    yield* faultsAgainst(options.earlier, bundle, follows);
  }
}

function faultOfSeal({ seal, ...content }: AuditBundle, key: Uint8Array | undefined): ExchangeError | undefined {
  return isSealed(canonicalText(content as unknown as Canonical), seal, key)
    ? undefined
    : fault("BUNDLE_SEAL", seal.keyId);
}

function isSealed(content: string, { signature }: AuditBundle["seal"], key: Uint8Array | undefined): boolean {
  return key !== undefined && verifySignature(key, Buffer.from(SEALED_AS + content, "utf8"), signature);
}

/**
 * The seal over the file as it lies there, under the key that its own list names: the quickest way to see that a file is
 * not whole. That it is whole proves nothing about its contents, nor about the key; the checks that follow do.
 */
function brokenSeal(bytes: Uint8Array): ExchangeError | undefined {
  const text = Buffer.from(bytes).toString("utf8");
  try {
    const { seal, region, trustList } = JSON.parse(text) as AuditBundle;
    const content = text.replace(`"seal":${canonicalText(seal)},`, "");
    const isWhole = isSealed(content, seal, statementKeyIn(trustList, region, seal.keyId));
    return isWhole ? undefined : fault("BUNDLE_SEAL", String(seal.keyId));
  } catch {
    // Not even JSON, or without a seal: what it lacks is named by the checks that read it properly.
    return undefined;
  }
}

/**
 * The same entries at the beginning, and a consistency proof from the very checkpoint that the earlier one stood under.
 * Between a log and the one that follows it after a restore there is no such proof: then the earlier checkpoint must not be
 * past the one from where the log goes on, and the entries that were kept must be the same.
 */
function* faultsAgainst(
  earlier: Uint8Array,
  bundle: AuditBundle,
  succession: Succession | undefined,
): Generator<ExchangeError> {
  const before = readBundle(earlier);
  if (!before.ok) {
    yield before.error;
    return;
  }
  const [origin, size = "", root] = before.value.log.checkpoint.split("\n");
  const [originNow, sizeNow, rootNow] = bundle.log.checkpoint.split("\n");
  const { consistency, entries } = bundle.log;
  const isSame = size === sizeNow && root === rootNow;
  const isBefore = succession !== undefined && succession.before.origin === origin;
  if (isBefore && BigInt(size) > succession.before.size) yield fault("BUNDLE_EARLIER", `size ${size}`);
  if (!isBefore && origin !== originNow) {
    yield fault("BUNDLE_EARLIER_OTHER", origin ?? "");
    return;
  }
  // Without a proof nothing is said against the log; with one for another root it was rewritten.
  if (!isBefore && !isSame && consistency?.size !== size) yield fault("BUNDLE_EARLIER_UNPROVED", size);
  else if (!isBefore && !isSame && consistency?.root !== root) yield fault("BUNDLE_EARLIER", `size ${size}`);
  const kept = isBefore ? succession.kept : undefined;
  const changed = before.value.log.entries.find(
    ({ index, leaf }, place) =>
      (kept === undefined || BigInt(index) < kept) &&
      canonicalText(leaf as Canonical) !== canonicalText((entries[place]?.leaf ?? null) as Canonical),
  );
  if (changed !== undefined) yield fault("BUNDLE_EARLIER", `entry ${changed.leaf.detail.agreementSeq ?? ""}`);
}

function isStatementOf(
  { kind, detail }: { kind: string; detail: { [name: string]: string } },
  periodId: string | null,
) {
  return kind === "statement.signed" && detail.periodId === periodId;
}
