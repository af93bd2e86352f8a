import type { z } from "zod";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { instantOf, msOf } from "../kernel/instant.ts";
import type { Reason } from "../kernel/reason.ts";
import { thirdRegionsOf } from "../policy/parties.ts";
import { neutralRefusal } from "../policy/refusal.ts";
import { checkSignature, type ReadDocument, readDocument } from "./agreement.ts";
import type { NegotiationDeps } from "./deps.ts";
import type { Agreement } from "./model.ts";
import { refuse, waitReason } from "./refusal.ts";
import type { proposalSchema } from "./third-region-messages.ts";

type Proposal = z.infer<typeof proposalSchema>;

/** The record of a document that another region drew up and that pays parties of this one; nothing of it is taken on trust. */
export async function draftedAgreement(
  { region, trust, runtime, entries }: NegotiationDeps,
  peer: string,
  { document: text, providerSignature, providerPid }: Proposal,
): Promise<Result<Agreement>> {
  const read = readDocument(text);
  if (!read.ok) return read;
  const { document, digest, terms } = read.value;
  const nowMs = runtime.nowMs();
  const fits = checkForUs(read.value, { region, peer, nowMs });
  if (!fits.ok) return fits;
  const key = trust.statementKey(peer, providerSignature.keyId, nowMs);
  const signed = checkSignature(text, key, providerSignature.signature);
  if (!signed.ok) return signed;
  const { agreementId: id, provider, consumer } = document;
  const mirrored = await entries.mirrored(provider, document.entry.id);
  const name = mirrored.ok ? mirrored.value.name : document.entry.id;
  const at = instantOf(nowMs);
  return ok({
    ...{ id, negotiationId: providerPid, role: "witness-party", peer, provider, consumer },
    entry: { ...document.entry, name },
    ...{ document: text, digest, terms },
    providerKeyId: providerSignature.keyId,
    providerSignature: providerSignature.signature,
    ...{ consumerKeyId: null, consumerSignature: null, partySignatures: [] },
    ...{ status: "pending", reason: null, signedAt: at, updatedAt: at, revision: 1 },
  });
}

type Here = { readonly region: string; readonly peer: string; readonly nowMs: number };

function checkForUs({ document, terms }: ReadDocument, { region, peer, nowMs }: Here): Result<true> {
  const { provider, consumer, validTo } = document;
  if (provider !== peer) return notOurs("provider");
  if (!thirdRegionsOf(terms.price, provider, consumer).includes(region)) return notOurs("terms.parties");
  return msOf(validTo) > nowMs ? ok(true) : notOurs("validTo");
}

export function hasSigned({ partySignatures = [] }: Agreement, region: string): boolean {
  return partySignatures.some((one) => one.region === region);
}

/** By the deadline in which this region answers others; after it the task is late, and silence is still no consent. */
export function awaitsApprover(
  { rules, region }: Pick<NegotiationDeps, "rules" | "region">,
  { peer, signedAt }: Agreement,
): Reason {
  const due = rules.deadline("share.replyDays", msOf(signedAt), { peer });
  const wait = waitReason(
    { code: "AWAITING_PARTY_SIGNATURE", rule: "agreement.third-region", region, role: "approver" },
    {
      zh: `协议向地区 ${region} 的参与方分配收益,须由该地区审批人签署或拒绝;静默不视为同意。`,
      en: `The agreement pays parties of region ${region}; an approver there has to sign or refuse it. Silence is never consent.`,
    },
  );
  if (!due.ok) return wait;
  const { until, rule } = due.value;
  return { ...wait, rule, until, verified: due.value.verified && !due.value.provisional };
}

/** Signed here; the two sides bring it into force. */
export function awaitsOthers({ provider }: Agreement): Reason {
  return waitReason(
    { code: "AWAITING_FINALIZATION", rule: "dsp.negotiation", region: provider, role: "node" },
    {
      zh: "本地区已签署,等待其余各方签署并由提供方登记生效。",
      en: "Signed by this region; the others have to sign, and the provider to put it into force.",
    },
  );
}

export function refusedByApprover(region: string, code: string, comment: string): Reason {
  return {
    code,
    rule: `refusal.${code}`,
    turn: null,
    until: null,
    verified: true,
    text: {
      zh: `参与方所在地区 ${region} 的审批人拒绝签署:${comment}`,
      en: `Refused by an approver of region ${region}, whose parties the terms pay: ${comment}`,
    },
    neutral: neutralRefusal,
  };
}

export function answered({ id, status, reason }: Agreement): Result<never> {
  return refuse(
    "AGREEMENT_ANSWERED",
    {
      zh: `协议 ${id} 当前状态为 ${status},本地区已作答复或已不再等待答复。`,
      en: `Agreement ${id} is ${status}; this region has answered it, or is no longer asked.`,
    },
    { status, ...(reason === null ? {} : { reason: reason.code }) },
  );
}

function notOurs(place: string): Result<never> {
  return refuse(
    "AGREEMENT_MISMATCH",
    {
      zh: `协议文本不能由本地区签署(${place});请提供方核对文本与参与方。`,
      en: `The document is not one for this region to sign (${place}); the provider must check it and its parties.`,
    },
    { place },
  );
}
