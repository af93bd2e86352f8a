import { type ExchangeError, ok, type Result } from "../kernel/exchange-error.ts";
import { instantOf, msOf } from "../kernel/instant.ts";
import {
  acceptReceipt,
  acceptReceiptRefs,
  checkClock,
  completeReceipt,
  completeReceiptRefs,
} from "../metering/accept.ts";
import { equivocation } from "../metering/chain.ts";
import type { ReceiptCore } from "../metering/model.ts";
import { type PartyEnd, partyEnds, partyGone } from "../metering/party-end.ts";
import { signCore } from "../metering/receipt.ts";
import { countUsage, usageTotalsRefs } from "../metering/usage.ts";
import { answerDigest, windowContent } from "../metering/window.ts";
import type { Agreement } from "../negotiation/model.ts";
import type { Purpose } from "../policy/model.ts";
import { read, transact } from "../storage/transact.ts";
import { type CallEvidence, callsId, signedCalls } from "./call-store.ts";
import { type CheckedOffer, checkOffers, offerRefs, takeOffers } from "./consumer-receipts.ts";
import { meteringParts, type TransferDeps } from "./deps.ts";
import { contributionsOf, factsOf } from "./receipt-facts.ts";
import { refuseTransfer } from "./refusal.ts";
import type { AnsweredCall, ConsumerSignature, InvokeAnswer } from "./wire.ts";

type NotedCall = Omit<CallEvidence, "purpose"> & { readonly purpose: Purpose | null };

type OfferedWindow = InvokeAnswer["windows"][number];

/**
 * What a consumer keeps of its calls to one agreement until their windows are signed: the digests of the answers it got.
 * A window is signed only when every answer in it is here; answers lost with a crash are asked for again.
 */
export class WindowBook {
  readonly #deps: TransferDeps;
  readonly #agreement: Agreement;
  /** Window → calls by place. */
  readonly #answers = new Map<string, Map<number, NotedCall>>();
  readonly #toSend = new Map<string, ConsumerSignature>();
  readonly #incomplete = new Set<string>();
  #missingFrom: string | null = null;

  constructor(deps: TransferDeps, agreement: Agreement) {
    this.#deps = deps;
    this.#agreement = agreement;
  }

  /** Signatures that the provider has not confirmed, windows whose answers are lost, and the gap of the chain. */
  due() {
    return {
      signatures: [...this.#toSend.values()],
      resend: [...this.#incomplete],
      missingFrom: this.#missingFrom,
    };
  }

  isSettled(): boolean {
    return this.#toSend.size === 0 && this.#incomplete.size === 0 && this.#missingFrom === null;
  }

  sent(signatures: readonly ConsumerSignature[]): void {
    for (const { receiptId } of signatures) this.#toSend.delete(receiptId);
  }

  /** `purpose`: as this node stated it; null for answers that were lost with a crash and came again. */
  note({ callId, output, window, index }: AnsweredCall, purpose: Purpose | null): void {
    const places = this.#answers.get(window) ?? new Map<number, NotedCall>();
    const at = instantOf(this.#deps.runtime.nowMs());
    places.set(index, { callId, index, at, purpose, digest: answerDigest(callId, output) });
    this.#answers.set(window, places);
  }

  /** `mayAskAgain`: no request is under way any more, so an answer that is not here will not come by itself. */
  async take({ windows, receipts }: InvokeAnswer, sinceMs: number, mayAskAgain: boolean): Promise<Result<true>> {
    const { peer, id } = this.#agreement;
    const cores = checkOffers(this.#deps, peer, id, receipts);
    if (!cores.ok) return cores;
    if (cores.value.length > 0) {
      const taken = await this.#takeCores(cores.value);
      if (!taken.ok) return taken;
      this.#missingFrom = null;
    }
    for (const window of windows) {
      for (const call of window.calls ?? []) this.note(call, null);
      const kept = await this.#sign(window, sinceMs, mayAskAgain);
      if (!kept.ok) return kept;
    }
    return ok(true);
  }

  async #takeCores(offers: readonly CheckedOffer[]): Promise<Result<unknown>> {
    const refs = await offerRefs(this.#deps, offers);
    const nowMs = this.#deps.runtime.nowMs();
    return transact(this.#deps.store, refs, (tx) => takeOffers(tx, this.#deps, offers, nowMs));
  }

  async #sign(offered: OfferedWindow, sinceMs: number, mayAskAgain: boolean): Promise<Result<true>> {
    const { peer, id } = this.#agreement;
    const checked = checkOffers(this.#deps, peer, id, [offered]);
    if (!checked.ok) return checked;
    const [offer] = checked.value;
    if (offer === undefined) return ok(true);
    const { core } = offer.checked;
    const ends = await read(this.#deps.store, partyEnds.at(id));
    const gone = partyGone(core, ends);
    if (gone !== undefined) return gone;
    const wrong = this.#wrongClaim(core, ends);
    if (wrong !== undefined) return misfit(wrong);
    const clock = checkClock(core, this.#deps.runtime.nowMs(), sinceMs);
    if (!clock.ok) return clock;

    const calls = this.#callsOf(offered.window, Number(core.usage.calls));
    if (calls === undefined) {
      if (mayAskAgain) this.#incomplete.add(core.receiptId);
      return ok(true);
    }
    if (windowContent(calls.map(({ digest }) => digest)) !== core.contentSha256) return misfit("contentSha256");
    const kept = await this.#keep(offer, calls);
    if (!kept.ok && kept.error.code === "RECEIPT_GAP") {
      this.#missingFrom = expectedOf(kept.error);
      return ok(true);
    }
    if (!kept.ok) return kept;
    this.#incomplete.delete(core.receiptId);
    this.#answers.delete(offered.window);
    this.#toSend.set(core.receiptId, { receiptId: core.receiptId, signature: kept.value });
    return ok(true);
  }

  #callsOf(window: string, count: number): NotedCall[] | undefined {
    const places = this.#answers.get(window);
    if (places === undefined || places.size !== count) return undefined;
    const calls = Array.from({ length: count }, (_, index) => places.get(index));
    return calls.every((call) => call !== undefined) ? calls : undefined;
  }

  #wrongClaim(core: ReceiptCore, ends: readonly PartyEnd[] | undefined): string | undefined {
    const { terms } = this.#agreement;
    const classes = terms.purposes.map((purpose) => factsOf(this.#agreement, [purpose]));
    const usage = { calls: BigInt(core.usage.calls ?? "0") };
    const contributions = contributionsOf(this.#agreement, usage, ends, msOf(core.endedAt));
    const claimed = core.contributions.map(({ partyId, metric, quantity }) => [partyId, metric, quantity]);
    const expected = contributions.map(({ partyId, metric, quantity }) => [partyId, metric, String(quantity)]);
    if (core.kind !== "usage" || core.direction !== "forward") return "kind";
    if (core.transferId !== callsId(core.agreementId)) return "transferId";
    if (Object.keys(core.usage).join() !== "calls" || usage.calls < 1n || usage.calls > 256n) return "usage";
    if (!classes.some(({ purposeClass }) => purposeClass === core.purposeClass)) return "purposeClass";
    if (classes[0]?.productId !== core.productId) return "productId";
    if (core.consumerKeyId !== this.#deps.signer.keyId) return "consumerKeyId";
    return JSON.stringify(claimed) === JSON.stringify(expected) ? undefined : "contributions";
  }

  async #keep({ checked, providerSignature }: CheckedOffer, calls: readonly NotedCall[]): Promise<Result<string>> {
    const { core } = checked;
    const parts = meteringParts(this.#deps);
    const nowMs = this.#deps.runtime.nowMs();
    const signature = signCore(this.#deps.signer, core);
    const refs = [
      ...acceptReceiptRefs(core, parts),
      ...completeReceiptRefs(core),
      ...usageTotalsRefs(core.agreementId),
    ];
    const kept = await transact(this.#deps.store, refs, (tx) => {
      const accepted = acceptReceipt(tx, parts, checked, providerSignature, nowMs);
      if (!accepted.ok) return accepted;
      // Both versions are written by this commit, so it may not be refused.
      if (accepted.value === "equivocation") return ok(null);
      if (accepted.value === "next") countUsage(tx, core);
      completeReceipt(tx, parts, core, signature, nowMs);
      const evidence = calls.map((call) => ({ ...call, purpose: call.purpose ?? core.purposeClass }));
      tx.put(signedCalls.at(core.agreementId, core.receiptId), evidence);
      return ok(signature);
    });
    if (!kept.ok) return kept;
    return kept.value === null ? equivocation(core) : ok(kept.value);
  }
}

function expectedOf(error: ExchangeError): string {
  const expected = error.details?.expected;
  return typeof expected === "string" ? expected : "1";
}

function misfit(field: string): Result<never> {
  return refuseTransfer(
    "STREAM_MALFORMED",
    `receipt.${field}`,
    {
      zh: `提供方的调用凭据中“${field}”与本节点收到的答复或协议不符,未予签字;请双方核对。`,
      en: `The provider's window receipt says something else in "${field}" than the answers received or the agreement, so it was not signed; both regions must compare.`,
    },
    { field },
  );
}
