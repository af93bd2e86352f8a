import type { Canonical } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { periodOf } from "../kernel/instant.ts";
import type { Answer, InboundMessage, OutboxMessage } from "../outbox/model.ts";
import { inboxRefs, markReceived, receiveOnce } from "../outbox/store.ts";
import type { SignedStatement } from "../settlement/signed-statements.ts";
import { read, transact } from "../storage/transact.ts";
import { checkConfirmation, confirmedDue } from "./confirm.ts";
import { receiveCancellation, receiveInvoice } from "./invoice-inbox.ts";
import { type NetMessage, parseNetMessage } from "./messages.ts";
import type { NetTable, Netting } from "./model.ts";
import { putDue, putNetting } from "./open.ts";
import { groupOf } from "./plan.ts";
import {
  type Addressed,
  commitNetStep,
  laneOf,
  nettingRef,
  newNetting,
  outgoing,
  type PaymentDeps,
  planIn,
  revised,
  roundsOf,
} from "./process.ts";
import { stoppedBy } from "./reasons.ts";
import { refusePayment } from "./refusal.ts";
import { dues } from "./store.ts";

/** A peer's clock may pass into the next month a little before ours. */
const SKEW_MS = 60_000;

/** Takes a message in: one commit with the inbox mark. What follows is computed after, from what is stored. */
export async function receiveNetMessage(
  deps: PaymentDeps,
  inbound: InboundMessage,
  message: NetMessage,
): Promise<Result<Answer>> {
  const { periodId } = message.body;
  if (periodId > periodOf(deps.runtime.nowMs() + SKEW_MS)) {
    return refusePayment("NETTING_MESSAGE", { kind: `${message.kind} ${periodId}` });
  }
  switch (message.kind) {
    case "NetTable":
      return receiveTable(deps, inbound, message.body);
    case "NetSign":
      return receiveSignature(deps, inbound, message.body);
    case "NetPaid":
      return receivePaid(deps, inbound, message.body);
    case "NetInvoice":
      return receiveInvoice(deps, inbound, message.body);
    case "NetInvoiceCancelled":
      return receiveCancellation(deps, inbound, message.body);
  }
}

type Body<K extends NetMessage["kind"]> = Extract<NetMessage, { kind: K }>["body"];

async function receiveTable(
  deps: PaymentDeps,
  inbound: InboundMessage,
  { periodId, round, table }: Body<"NetTable">,
): Promise<Result<Answer>> {
  const { peer } = inbound;
  const stray = table.entries.find(({ provider, consumer }) => peer !== provider && peer !== consumer);
  if (stray !== undefined) {
    return refusePayment("NETTING_NOT_PARTY", { region: peer, agreementId: stray.agreementId });
  }
  const place = await placeOf(deps, peer, periodId, round);
  const ref = nettingRef(place.at);
  if (!(await isExpected(deps, peer, place.at))) return refusePayment("NETTING_NOT_CALCULATED", { periodId });
  return transact(deps.store, [ref, ...inboxRefs(inbound), ...place.repeat.refs], (tx) => {
    const seen = receiveOnce(tx, inbound);
    if (seen !== undefined) return ok(seen.seen);
    const before = tx.get(ref) ?? newNetting(periodId, place.at.round);
    const after = place.at.round === round ? withTable(before, peer, table) : before;
    if (after !== before || before.revision === 0) putNetting(tx, revised(deps, after));
    place.repeat.enqueue(tx);
    const answer = answerOf(after);
    markReceived(tx, inbound, answer);
    return ok(answer);
  });
}

/**
 * Whether the peer has a part in the round: by a statement of the period that it signed with us, or by the table of a region that
 * has. Anyone else could have us begin rounds, and drop the one that people work on; a region that we do not hear of yet tries again.
 */
async function isExpected(
  deps: PaymentDeps,
  peer: string,
  at: { readonly periodId: string; readonly round: string },
): Promise<boolean> {
  const { tables = {} } = (await read(deps.store, nettingRef(at))) ?? {};
  if (groupOf(deps.region, tables).includes(peer)) return true;
  const signed = await deps.signed(at.periodId);
  return signed.ok && signed.value.some((one) => [one.provider, one.consumer].includes(peer) && isOwn(deps, one));
}

function isOwn({ region }: PaymentDeps, { provider, consumer }: SignedStatement): boolean {
  return [provider, consumer].includes(region);
}

/**
 * Where a table belongs: in its round. A region that joins late and does not know the rounds before is met in the next
 * one, which it moves to when it hears of it; one that lost its end of an agreed plan gets our part of it again.
 */
async function placeOf(deps: PaymentDeps, peer: string, periodId: string, round: string) {
  const rounds = await roundsOf(deps.store, periodId);
  const known = rounds.find((one) => one.round === round);
  const nothing = outgoing(deps, laneOf(periodId), []);
  const agreed = rounds.filter(({ state }) => state === "agreed" || state === "paid");
  const last = agreed.at(-1)?.round ?? "0";
  if (known !== undefined && planIn(known)?.regions.includes(peer) === true && agreed.includes(known)) {
    return { at: { periodId, round }, repeat: outgoing(deps, laneOf(periodId), ownPart(deps, known, peer)) };
  }
  if (BigInt(round) > BigInt(last)) return { at: { periodId, round }, repeat: nothing };
  const next = rounds.filter((one) => BigInt(one.round) > BigInt(last)).at(-1)?.round;
  return { at: { periodId, round: next ?? (BigInt(last) + 1n).toString() }, repeat: nothing };
}

function ownPart({ region }: PaymentDeps, { periodId, round, tables, signatures, confirmations }: Netting, to: string) {
  const about = { periodId, round };
  const parts: Addressed[] = [];
  const table = tables[region];
  if (table !== undefined) parts.push({ to, message: { kind: "NetTable", body: { ...about, table } } });
  const signature = signatures[region];
  if (signature !== undefined) parts.push({ to, message: { kind: "NetSign", body: { ...about, ...signature } } });
  for (const one of Object.values(confirmations)) {
    if ((JSON.parse(one.text) as { to: string }).to !== region) continue;
    parts.push({ to, message: { kind: "NetPaid", body: { ...about, ...one } } });
  }
  return parts;
}

function withTable(netting: Netting, peer: string, table: NetTable): Netting {
  if (netting.tables[peer] !== undefined) return netting;
  return { ...netting, tables: { ...netting.tables, [peer]: table } };
}

async function receiveSignature(
  deps: PaymentDeps,
  inbound: InboundMessage,
  { periodId, round, digest, keyId, signature }: Body<"NetSign">,
): Promise<Result<Answer>> {
  const { peer } = inbound;
  const ref = nettingRef({ periodId, round });
  if (!(await isExpected(deps, peer, { periodId, round })))
    return refusePayment("NETTING_NOT_CALCULATED", { periodId });
  return transact(deps.store, [ref, ...inboxRefs(inbound)], (tx) => {
    const seen = receiveOnce(tx, inbound);
    if (seen !== undefined) return ok(seen.seen);
    const before = tx.get(ref) ?? newNetting(periodId, round);
    // The first word counts: a region that signs two plans is held to the one it signed first.
    const isNew = before.signatures[peer] === undefined;
    const signatures = isNew ? { ...before.signatures, [peer]: { digest, keyId, signature } } : before.signatures;
    const after = { ...before, signatures };
    if (isNew) putNetting(tx, revised(deps, after));
    const answer = answerOf(after);
    markReceived(tx, inbound, answer);
    return ok(answer);
  });
}

async function receivePaid(deps: PaymentDeps, inbound: InboundMessage, body: Body<"NetPaid">): Promise<Result<Answer>> {
  const { periodId, round, text, digest, keyId, signature } = body;
  const ref = nettingRef({ periodId, round });
  const checked = checkConfirmation(deps, inbound.peer, { text, digest, keyId, signature });
  if (!checked.ok) return checked;
  const word = checked.value;
  const due = dues.at(word.reference);
  return transact(deps.store, [ref, due, ...inboxRefs(inbound)], (tx) => {
    const seen = receiveOnce(tx, inbound);
    if (seen !== undefined) return ok(seen.seen);
    const before = tx.get(ref);
    const owed = tx.get(due);
    // The plan's last signature may still be on its way to us; the peer tries again.
    if (before === undefined || owed === undefined || (before.state !== "agreed" && before.state !== "paid")) {
      return refusePayment("NETTING_NOT_CALCULATED", { periodId });
    }
    const confirmed = confirmedDue(owed, word, before.plan?.digest ?? "");
    if (!confirmed.ok) return confirmed;
    if (before.confirmations[word.reference] === undefined) {
      const confirmations = { ...before.confirmations, [word.reference]: { text, digest, keyId, signature } };
      putNetting(tx, revised(deps, { ...before, confirmations }));
      putDue(tx, confirmed.value);
    }
    const answer = answerOf(before);
    markReceived(tx, inbound, answer);
    return ok(answer);
  });
}

function answerOf({ state, round }: Netting): Canonical {
  return { state, round };
}

/** The peer's final word; a person has to look. */
export async function netMessageRefused(
  deps: PaymentDeps,
  { kind, body, peer }: OutboxMessage,
  code: string,
  text: { readonly zh: string; readonly en: string },
): Promise<void> {
  const message = parseNetMessage(kind, body);
  if (!message.ok || !("round" in message.value.body)) return;
  const now = await read(deps.store, nettingRef(message.value.body));
  if (now === undefined || (now.state !== "open" && now.state !== "calculated")) return;
  const reason = stoppedBy({ kind: "conflict", code, text }, peer);
  await commitNetStep(deps, now, { change: { state: "differs", reason } });
}
