import type { AgreementLog, AgreementLogQuery } from "../audit/agreement-log.ts";
import { readDocumentText } from "../audit/document-store.ts";
import type { Trust } from "../identity/trust.ts";
import { type Canonical, canonicalize, canonicalText } from "../kernel/canonical-json.ts";
import type { Signer } from "../kernel/ed25519.ts";
import { ok, type Result, refusals } from "../kernel/exchange-error.ts";
import { instantOf } from "../kernel/instant.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { HeldReceipt } from "../metering/model.ts";
import { signaturesOf } from "../negotiation/agreement-file.ts";
import type { Agreement } from "../negotiation/model.ts";
import type { StatementBundle } from "../settlement/recompute.ts";
import type { Store } from "../storage/port.ts";
import { documentsNamedBy } from "./documents.ts";
import { earlierListsFor } from "./earlier-lists.ts";
import { SEALED_AS } from "./model.ts";

export type EvidenceDeps = {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly region: string;
  readonly signer: Signer;
  readonly trust: Pick<Trust, "signed">;
  readonly audit: { readonly agreementLog: (query: AgreementLogQuery) => Promise<Result<AgreementLog>> };
  readonly negotiations: { readonly agreement: (id: string) => Promise<Result<Agreement>> };
  readonly metering: { readonly receipt: (id: string) => Promise<Result<HeldReceipt>> };
  readonly settlements: {
    readonly bundle: (agreementId: string, periodId: string) => Promise<Result<StatementBundle>>;
  };
};

const refuse = refusals({ TRUST_LIST_MISSING: "unavailable" });

/** The canonical text of an agreement's evidence, for `verifyBundle` on any machine. */
export async function exportBundle(deps: EvidenceDeps, query: AgreementLogQuery): Promise<Result<string>> {
  const { agreementId, periodId } = query;
  const agreement = await deps.negotiations.agreement(agreementId);
  if (!agreement.ok) return agreement;
  const log = await deps.audit.agreementLog(query);
  if (!log.ok) return log;
  const trustList = deps.trust.signed();
  if (trustList === undefined) return noTrustList();
  const statement = periodId === undefined ? ok(null) : await deps.settlements.bundle(agreementId, periodId);
  if (!statement.ok) return statement;

  const content = {
    type: "heliu.audit-bundle.v1",
    region: deps.region,
    agreementId,
    periodId: periodId ?? null,
    exportedAt: instantOf(deps.runtime.nowMs()),
    trustList: trustList as unknown as Canonical,
    log: log.value as unknown as Canonical,
    agreement: {
      document: JSON.parse(agreement.value.document) as Canonical,
      signatures: signaturesOf(agreement.value),
    },
    receipts: (await receiptsOf(deps, log.value, statement.value)) as unknown as Canonical,
    statement: statement.value === null ? null : statementPart(statement.value),
    documents: await documentsOf(deps.store, log.value),
  };
  const earlier = await earlierListsFor(deps.store, trustList, canonicalText(content));
  const sealed =
    earlier.length === 0 ? content : { ...content, earlierLists: earlier as unknown as readonly Canonical[] };
  const bytes = Buffer.from(SEALED_AS + canonicalText(sealed), "utf8");
  const signature = Buffer.from(deps.signer.sign(bytes)).toString("base64");
  return canonicalize({ ...sealed, seal: { keyId: deps.signer.keyId, signature } });
}

/** What the file says elsewhere is not said twice: agreement, its terms, and the keys, which are those of the trust list. */
function statementPart({ agreement: _agreement, terms: _terms, keys: _keys, ...rest }: StatementBundle): Canonical {
  return JSON.parse(JSON.stringify(rest)) as Canonical;
}

/** Receipts of the leaves in the file, except those that the statement carries with it. */
async function receiptsOf({ metering }: EvidenceDeps, log: AgreementLog, statement: StatementBundle | null) {
  const carried = new Set(statement?.receipts.map(({ core }) => core.receiptId));
  const receipts: Pick<HeldReceipt, "core" | "providerSignature" | "consumerSignature">[] = [];
  for (const { leaf } of log.entries) {
    if (!leaf.kind.startsWith("receipt.") || carried.has(leaf.subject)) continue;
    const held = await metering.receipt(leaf.subject);
    if (!held.ok) throw new Error(`a leaf names receipt ${leaf.subject}, which is not held`);
    const { core, providerSignature, consumerSignature } = held.value;
    receipts.push({ core, providerSignature, consumerSignature });
  }
  return receipts;
}

async function documentsOf(store: Store, log: AgreementLog): Promise<Canonical[]> {
  const found = new Map<string, Canonical>();
  const wanted = log.entries.flatMap(({ leaf }) => leaf.detail.inputs ?? []);
  for (let digest = wanted.shift(); digest !== undefined; digest = wanted.shift()) {
    if (found.has(digest)) continue;
    const text = await readDocumentText(store, digest);
    if (text === undefined) throw new Error(`a leaf names document ${digest}, which is not held`);
    const document = JSON.parse(text) as Canonical;
    found.set(digest, document);
    wanted.push(...documentsNamedBy(document));
  }
  return [...found.values()];
}

function noTrustList(): Result<never> {
  return refuse("TRUST_LIST_MISSING", {
    zh: "本节点没有信任列表,证据包缺少核对签名所需的公钥;请管理员安装信任列表。",
    en: "This node has no trust list, so the bundle would lack the keys to check its signatures; have an administrator install one.",
  });
}
