import type { AuditEvent } from "../audit/model.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { msOf } from "../kernel/instant.ts";
import { thirdRegionsOf } from "../policy/parties.ts";
import { documentText, draftDocument, readDocument, signDocument, withAgreementId } from "./agreement.ts";
import type { Scene, Step } from "./commit-step.ts";
import type { NegotiationDeps } from "./deps.ts";
import { contractAgreement } from "./messages.ts";
import type { Agreement, Negotiation } from "./model.ts";
import { advance, type Happening } from "./record.ts";
import { refuse, waitReason } from "./refusal.ts";
import { askOthers, awaitsSignatures, isAwaitingOthers } from "./third-region-signing.ts";

export type Agreeing = {
  readonly actor: string;
  readonly mode: "auto" | "approved" | "countered";
  readonly approvedBy: string | null;
  readonly comment?: string | null;
};

/** The provider's yes: the document drawn up from the terms on the table, signed, and sent. Pure. */
export function agreeStep(
  deps: NegotiationDeps,
  before: Negotiation,
  { at }: Pick<Scene, "at">,
  agreeing: Agreeing,
): Result<Step> {
  const { region, rules, trust, signer } = deps;
  const { agreementId, peer } = before;
  const list = trust.current();
  // Fail closed: under an expired list nobody can say whose keys count, and without rules nothing says what may be granted.
  if (list === undefined || agreementId === null || msOf(list.list.expiresAt) <= msOf(at)) return noTrustList();
  if (rules.packs().length === 0) return noRules();
  if (isAwaitingOthers(before)) return awaitsSignatures(before);
  const terms = withAgreementId(before.terms, agreementId);
  if (terms.price !== null && before.binding === "dsp") return cannotSign();

  const document = draftDocument({
    negotiation: { entry: before.entry, terms },
    agreementId,
    provider: region,
    consumer: peer,
    at,
    rulePacks: rules.packs(),
    trustListDigest: list.digest,
  });
  const text = documentText(document);
  const read = readDocument(text);
  if (!read.ok) return read;
  const { keyId, signature } = signDocument(signer, text);
  const agreement: Agreement = {
    ...partiesOf(before, region),
    id: agreementId,
    document: text,
    digest: read.value.digest,
    terms,
    providerKeyId: keyId,
    providerSignature: signature,
    consumerKeyId: null,
    consumerSignature: null,
    status: "pending",
    reason: null,
    signedAt: at,
    updatedAt: at,
    revision: 1,
  };
  const happening: Happening = {
    event: "agree",
    by: "provider",
    actor: agreeing.actor,
    at,
    comment: agreeing.comment,
    reason: awaitingVerification(peer),
  };
  const after = advance(before, happening);
  if (!after.ok) return after;
  const others = thirdRegionsOf(terms.price, region, peer);
  if (others.length > 0) return askOthers(deps, { ...before, terms }, agreement, { ...agreeing, others });
  const negotiation: Negotiation = {
    ...after.value,
    terms,
    mode: agreeing.mode,
    approvedBy: agreeing.approvedBy,
    agreementDigest: agreement.digest,
  };
  return ok({ negotiation, agreement, send: contractAgreement(negotiation, agreement) });
}

/** Who has agreed about what, from one side's negotiation. */
export function partiesOf(negotiation: Negotiation, region: string) {
  const { id: negotiationId, role, peer, entry } = negotiation;
  const isProvider = role === "provider";
  return {
    negotiationId,
    role,
    peer,
    provider: isProvider ? region : peer,
    consumer: isProvider ? peer : region,
    entry,
  };
}

/** The leaf by which both logs hold the same digest of the same document. */
export function signedLeaf(
  { id, digest, peer, role, entry }: Agreement,
  atMs: number,
  decided: Negotiation["decided"] = {},
): AuditEvent {
  const detail = { ...decided, peer, role, entry: `${entry.region}/${entry.id}` };
  return { kind: "agreement.signed", atMs, subject: id, actor: "node", digest, agreementId: id, detail };
}

export function awaitingVerification(consumer: string) {
  return waitReason(
    { code: "AWAITING_VERIFICATION", rule: "dsp.negotiation", region: consumer, role: "node" },
    {
      zh: `协议已签署并发出,等待地区 ${consumer} 核对并签署。`,
      en: `The agreement is signed and sent; region ${consumer} has to check it and sign.`,
    },
  );
}

function noRules(): Result<never> {
  return refuse("RULES_NOT_LOADED", {
    zh: "本节点没有生效的规则包,不能作出新的授权;请管理员加载规则包。",
    en: "This node has no rule pack in force and grants nothing new; have an administrator load one.",
  });
}

function noTrustList(): Result<never> {
  return refuse("TRUST_LIST_MISSING", {
    zh: "本节点没有有效的信任列表(缺失或已过期),不能签署协议;请管理员安装信任列表。",
    en: "This node has no trust list in force (missing or expired) and signs no agreement; have an administrator install one.",
  });
}

export function cannotSign(): Result<never> {
  return refuse("PRICED_NEEDS_SIGNATURE", {
    zh: "对方通过数据空间协议接入,不能签署协议文本;有价协议须双方签名,请对方改用 Heliu 节点。",
    en: "The peer comes over the Dataspace Protocol and cannot sign the document; a priced agreement needs both signatures, so it must use a Heliu node.",
  });
}
