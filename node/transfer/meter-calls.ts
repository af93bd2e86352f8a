import { appendLeaf } from "../audit/store.ts";
import { digestOf } from "../kernel/canonical-json.ts";
import { type ExchangeError, type Failure, ok, type Result } from "../kernel/exchange-error.ts";
import { instantOf, periodOf } from "../kernel/instant.ts";
import type { UsageTotals } from "../metering/model.ts";
import { partyEnds } from "../metering/party-end.ts";
import { appendReceipt, appendReceiptRefs } from "../metering/store.ts";
import { plus, usages, usageTotals, usageTotalsRefs } from "../metering/usage.ts";
import { answerDigest, endOf, MAX_UNSIGNED_MS, mustClose, windowContent } from "../metering/window.ts";
import type { Agreement } from "../negotiation/model.ts";
import { unknownAgreement } from "../negotiation/refusal.ts";
import { agreements } from "../negotiation/store.ts";
import { type JudgedCall, recordCalls, withCall } from "../policy/call-record.ts";
import { enforceCall } from "../policy/enforce.ts";
import type { Purpose } from "../policy/model.ts";
import { type AnyRef, type Tx, transact } from "../storage/transact.ts";
import { keepDecision, packsOf } from "./batch-decision.ts";
import {
  type CallMeter,
  type CallRow,
  callMeters,
  callRows,
  callsId,
  callWindows,
  emptyMeter,
  type MeteredWindow,
} from "./call-store.ts";
import { meteringParts, type TransferDeps } from "./deps.ts";
import { type Freezes, freezesOf, isFrozen } from "./freezes.ts";
import { contributionsOf, factsOf } from "./receipt-facts.ts";
import { refuseTransfer, ruleOf } from "./refusal.ts";
import type { CallSource } from "./sources/port.ts";
import type { AnsweredCall, InvokeRequest, RefusedCall } from "./wire.ts";

type Outcome = AnsweredCall | RefusedCall;

export type Metered = { readonly answers: readonly Outcome[]; readonly meter: CallMeter };

/**
 * The one commit that lets the answers of a request out: a meter row for each, totals, and the receipts of windows that are
 * full. Refused calls are counted in a leaf and metered nowhere.
 */
export async function meterCalls(
  deps: TransferDeps,
  agreement: Agreement,
  request: InvokeRequest,
  source: CallSource | undefined,
): Promise<Result<Metered>> {
  const nowMs = deps.runtime.nowMs();
  const { id } = agreement;
  // Looked up outside the commit, which must stay short; nothing of it leaves unless the commit says so.
  const looked = request.inputs.map(({ callId, input }) => ({ callId, input, answers: source?.answer(input, nowMs) }));
  const rows = request.inputs.map(({ callId }) => callRows.at(id, callId));
  const freezes = await freezesOf(deps, agreement.entry.id);
  const refs = [agreements.at(id), ...usageTotalsRefs(id), ...meterRefs(deps, agreement), ...freezes, ...rows];
  deps.runtime.failPoint("calls.before-meter");
  return transact(deps.store, refs, (tx) => {
    const current = tx.get(agreements.at(id));
    if (current === undefined) return unknownAgreement();
    const meter = new Meter(tx, deps, current, nowMs, freezes);
    meter.closeDue();
    const answers = looked.map(({ callId, input, answers }): Outcome => {
      const outcome = meter.answer(callId, input, answers, request, source?.inputs ?? []);
      return outcome.ok ? outcome.value : { callId, refusal: refusalOf(outcome.error) };
    });
    if (request.flush) meter.closeAll();
    meter.finish(answers);
    return ok({ answers, meter: meter.state() });
  });
}

/** Closes the windows whose time is up; what else is open stays. */
export async function closeDueWindows(deps: TransferDeps, agreement: Agreement): Promise<Result<CallMeter>> {
  const nowMs = deps.runtime.nowMs();
  const refs = [agreements.at(agreement.id), ...usageTotalsRefs(agreement.id), ...meterRefs(deps, agreement)];
  return transact(deps.store, refs, (tx) => {
    const meter = new Meter(tx, deps, tx.get(agreements.at(agreement.id)) ?? agreement, nowMs);
    meter.closeDue();
    meter.finish([]);
    return ok(meter.state());
  });
}

function meterRefs(deps: TransferDeps, { id, peer }: Agreement): readonly AnyRef[] {
  const about = { providerRegion: deps.region, consumerRegion: peer, metrics: ["calls"] };
  return [callMeters.at(id), partyEnds.at(id), ...appendReceiptRefs(id, "forward", meteringParts(deps), about)];
}

/** The meter of one agreement within one commit. */
class Meter {
  readonly #tx: Tx;
  readonly #deps: TransferDeps;
  readonly #agreement: Agreement;
  readonly #nowMs: number;
  readonly #freezes: Freezes;
  readonly #before: CallMeter;
  #next: bigint;
  #open: MeteredWindow[];
  #closed: CallMeter["closed"][number][];
  #totals: UsageTotals;
  #isCounted = false;

  /** Without `freezes` it can close windows, and answers no call. */
  constructor(tx: Tx, deps: TransferDeps, agreement: Agreement, nowMs: number, freezes: Freezes = []) {
    this.#tx = tx;
    this.#deps = deps;
    this.#agreement = agreement;
    this.#nowMs = nowMs;
    this.#freezes = freezes;
    this.#before = tx.get(callMeters.at(agreement.id)) ?? emptyMeter(agreement.id);
    this.#next = BigInt(this.#before.nextWindow);
    this.#open = [...this.#before.open];
    this.#closed = [...this.#before.closed];
    this.#totals = usageTotals(tx, agreement.id);
  }

  state(): CallMeter {
    const { agreementId } = this.#before;
    return { agreementId, nextWindow: String(this.#next), open: this.#open, closed: this.#closed };
  }

  answer(
    callId: string,
    input: { readonly [field: string]: string },
    answers: { readonly [flag: string]: string } | undefined,
    { purpose, consumerKeyId }: InvokeRequest,
    needed: readonly string[],
  ): Result<AnsweredCall> {
    const row = this.#tx.get(callRows.at(this.#agreement.id, callId));
    const asked = digestOf({ input, purpose });
    if (row !== undefined) return answerAgain(row, asked);
    const agreement = this.#agreement;
    const plan = enforceCall({
      agreement,
      input,
      purpose: purpose as Purpose,
      totals: this.#totals,
      nowMs: this.#nowMs,
      isFrozen: isFrozen(this.#tx, this.#freezes),
    });
    if (!plan.ok) return plan;
    if (answers === undefined) return notOffered(agreement.entry.id);
    const missing = needed.filter((field) => input[field] === undefined);
    if (missing.length > 0) return incomplete(missing);
    if (this.#isOverdue()) return unsigned();
    const output = Object.fromEntries(Object.entries(answers).filter(([flag]) => plan.value.outputs.includes(flag)));
    const judged = { purpose: purpose as Purpose, input, status: agreement.status, totals: this.#totals };
    const count = { count: 1n, month: periodOf(this.#nowMs), purposeClass: plan.value.purposeClass };
    this.#totals = plus(this.#totals, { calls: count });
    this.#isCounted = true;
    return ok(this.#add(callId, output, { ...judged, nowMs: this.#nowMs }, consumerKeyId, asked));
  }

  #add(
    callId: string,
    output: { readonly [flag: string]: string },
    judged: JudgedCall,
    consumerKeyId: string,
    asked: string,
  ): AnsweredCall {
    const { purpose } = judged;
    const { productId, purposeClass } = factsOf(this.#agreement, [purpose]);
    const existing = this.#open.find(
      (each) => each.purposeClass === purposeClass && each.consumerKeyId === consumerKeyId,
    );
    const window = existing ?? this.#begin(productId, purposeClass, consumerKeyId);
    const digest = answerDigest(callId, output);
    const index = window.callIds.length;
    const grown = {
      ...window,
      lastCallAtMs: this.#nowMs,
      callIds: [...window.callIds, callId],
      answers: [...window.answers, digest],
      groups: withCall(window.groups ?? [], judged),
    };
    this.#open = this.#open.map((each) => (each.window === window.window ? grown : each));
    this.#tx.put(callRows.at(this.#agreement.id, callId), {
      callId,
      window: window.window,
      index,
      at: instantOf(this.#nowMs),
      purpose,
      digest,
      output,
      asked,
    });
    if (mustClose(grown, this.#nowMs)) this.#close(grown);
    return { callId, output, window: window.window, index };
  }

  #begin(productId: string, purposeClass: MeteredWindow["purposeClass"], consumerKeyId: string): MeteredWindow {
    const window: MeteredWindow = {
      window: String(this.#next),
      productId,
      purposeClass,
      periodId: periodOf(this.#nowMs),
      openedAtMs: this.#nowMs,
      lastCallAtMs: this.#nowMs,
      consumerKeyId,
      callIds: [],
      answers: [],
    };
    this.#next += 1n;
    this.#open = [...this.#open, window];
    return window;
  }

  closeDue(): void {
    for (const window of this.#open) if (mustClose(window, this.#nowMs)) this.#close(window);
  }

  closeAll(): void {
    for (const window of this.#open) this.#close(window);
  }

  #close(window: MeteredWindow): void {
    const agreement = this.#agreement;
    const usage = { calls: BigInt(window.callIds.length) };
    const decision = recordCalls(agreement, window.groups ?? [], packsOf(agreement));
    keepDecision(this.#tx, decision);
    const endedAtMs = endOf(window, this.#nowMs);
    const { core } = appendReceipt(this.#tx, meteringParts(this.#deps), {
      agreementId: agreement.id,
      transferId: callsId(agreement.id),
      productId: window.productId,
      purposeClass: window.purposeClass,
      kind: "usage",
      corrects: null,
      usage,
      contributions: contributionsOf(agreement, usage, this.#tx.get(partyEnds.at(agreement.id)), endedAtMs),
      contentSha256: windowContent(window.answers),
      startedAtMs: window.openedAtMs,
      endedAtMs,
      consumerRegion: agreement.peer,
      consumerKeyId: window.consumerKeyId,
      leaf: "receipt.window",
      detail: decision.detail,
    });
    const { receiptId } = core;
    this.#tx.put(callWindows.at(agreement.id, BigInt(window.window)), { receiptId, callIds: window.callIds });
    this.#closed = [...this.#closed, { window: window.window, receiptId, closedAtMs: this.#nowMs }];
    this.#open = this.#open.filter((each) => each.window !== window.window);
  }

  /** More may not be released on trust than five seconds' worth. Source: settlement.md §9. */
  #isOverdue(): boolean {
    return this.#closed.some(({ closedAtMs }) => this.#nowMs - closedAtMs >= MAX_UNSIGNED_MS);
  }

  finish(answers: readonly Outcome[]): void {
    const { id, peer } = this.#agreement;
    if (JSON.stringify(this.state()) !== JSON.stringify(this.#before)) this.#tx.put(callMeters.at(id), this.state());
    if (this.#isCounted) this.#tx.put(usages.at(id), this.#totals);
    const refused = new Map<string, { rule: string; count: number }>();
    for (const answer of answers) {
      if (!("refusal" in answer)) continue;
      const { code, rule } = answer.refusal;
      // To be asked again once the windows are signed; nobody was refused a right.
      if (code === "WINDOW_UNSIGNED") continue;
      refused.set(code, { rule, count: (refused.get(code)?.count ?? 0) + 1 });
    }
    for (const [code, { rule, count }] of refused) {
      const detail = { code, rule, count: String(count) };
      appendLeaf(this.#tx, this.#deps.region, {
        kind: "policy.refused",
        atMs: this.#nowMs,
        subject: id,
        actor: `peer:${peer}`,
        digest: digestOf({ agreementId: id, ...detail }),
        agreementId: id,
        detail,
      });
    }
  }
}

export function refusalOf(error: ExchangeError): RefusedCall["refusal"] {
  return { errorKind: error.kind, code: error.code, rule: ruleOf(error), text: error.text };
}

function answerAgain({ callId, output, window, index, asked: before }: CallRow, asked: string): Result<AnsweredCall> {
  if (output === null) return settled(callId);
  return before === asked ? ok({ callId, output, window, index }) : taken(callId);
}

function notOffered(entryId: string): Failure {
  return refuseTransfer(
    "CALLS_NOT_OFFERED",
    "source.kind",
    {
      zh: `条目 ${entryId} 没有可调用的产品数据源;请提供方连接核验数据源,或改用传输。`,
      en: `Entry ${entryId} has no source that can be called; the provider must connect one, or use a transfer.`,
    },
    { entryId },
  );
}

function incomplete(fields: readonly string[]): Failure {
  return refuseTransfer(
    "CALL_INCOMPLETE",
    "call.input",
    {
      zh: `调用缺少必填项 ${fields.join("、")};请补齐后重试,本次不计量。`,
      en: `The call lacks ${fields.join(", ")}; add it and try again. It was not metered.`,
    },
    { fields: fields.join(",") },
  );
}

function unsigned(): Failure {
  return refuseTransfer("WINDOW_UNSIGNED", "metering.window", {
    zh: "此前的调用凭据超过 5 秒未获使用方签字,签字之前不再应答;节点会自动补签后重试。",
    en: "Receipts of earlier calls have waited more than 5 s for the consumer's signature; nothing more is answered before. The node signs and tries again by itself.",
  });
}

function taken(callId: string): Failure {
  return refuseTransfer(
    "CALL_ID_TAKEN",
    "call.callId",
    {
      zh: `调用编号 ${callId} 已用于另一次内容不同的调用;请为新的调用换一个编号。`,
      en: `The call id ${callId} was used for a call with another content; give a new call a new id.`,
    },
    { callId },
  );
}

function settled(callId: string): Failure {
  return refuseTransfer(
    "CALL_SETTLED",
    "call.callId",
    {
      zh: "该调用编号已使用且已签收,答复不再保存;请用新的编号重新调用。",
      en: "This call id was used and signed for, and its answer is no longer kept; call again under a new id.",
    },
    { callId },
  );
}
