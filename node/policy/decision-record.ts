import type { CatalogEntry, DataItem } from "../catalog/model.ts";
import { type Canonical, type DigestedDocument, digested, digestOf } from "../kernel/canonical-json.ts";
import type { ExchangeError, Result } from "../kernel/exchange-error.ts";
import { instantOf, periodOf } from "../kernel/instant.ts";
import { type DeadlineRules, type Decision, decide } from "./decide.ts";
import {
  type BindingAgreement,
  enforceBatch,
  enforceTransfer,
  type ReadPlan,
  type Selection,
  type UsageSoFar,
} from "./enforce.ts";
import type { UsageTerms } from "./model.ts";
import { offerOf } from "./offer.ts";
import { reasonOfRefusal } from "./refusal.ts";

/** A rule pack as it was in force, by content: the same version with another content is another pack. */
export type PackInForce = { readonly id: string; readonly version: string; readonly digest?: string };

/** What a leaf says of a decision, and the documents that let anybody make it again. */
export type RecordedDecision = {
  readonly documents: readonly DigestedDocument[];
  readonly detail: {
    /** `cn-national@2025.11.0 …` */
    readonly rules: string;
    /** Digest of the inputs, which are among the documents. */
    readonly inputs: string;
    readonly decision: string;
    /** Digest of all that was decided. */
    readonly outcome: string;
  };
};

/** Everything that the answer to a request follows from, besides the rule packs. */
export type RequestQuestion = {
  readonly entry: CatalogEntry;
  readonly hasSource: boolean;
  /** When the offer was made that the request is held against. */
  readonly offeredAtMs: number;
  readonly requested: UsageTerms;
  readonly round: number;
  readonly nowMs: number;
  readonly region: string;
  readonly consumer: string;
  readonly partners: readonly string[];
};

/** The provider's answer, from the question alone; what is made again later is made by this. */
export function answerRequest(question: RequestQuestion, rules: DeadlineRules): Decision {
  const { entry, region, offeredAtMs, hasSource } = question;
  const offer = offerOf(entry, region, offeredAtMs, hasSource);
  if (!offer.ok) return { kind: "refuse", reason: reasonOfRefusal(offer.error) };
  return decide({ ...question, offer: offer.value, rules });
}

export function outcomeOfRequest(decision: Decision): Canonical {
  const reason = decision.kind === "agree" ? null : decision.reason;
  const terms = decision.kind === "agree" || decision.kind === "counter" ? plain(decision.terms) : null;
  const told = reason === null ? null : { code: reason.code, rule: reason.rule, until: reason.until };
  return { decision: decision.kind, reason: told, terms };
}

export function recordRequest(
  question: RequestQuestion,
  decision: Decision,
  packs: readonly PackInForce[],
): RecordedDecision {
  const { entry, requested, round, nowMs, offeredAtMs, hasSource, region, consumer, partners } = question;
  // Whom to telephone decides nothing, and does not belong into evidence that is handed around.
  const { contact: _contact, ...described } = entry;
  const entryDocument = digested({ type: "heliu.decision-entry.v1", text: JSON.stringify(described) });
  const item = {
    ...{ kind: "request", region, consumer, partners, hasSource, round: String(round) },
    at: instantOf(nowMs),
    offeredAt: instantOf(offeredAtMs),
    entry: entryDocument.digest,
    requested: plain(requested),
  };
  return recorded(item, [entryDocument], outcomeOfRequest(decision), packs);
}

/** Everything that letting data out under an agreement follows from, besides the agreement. */
export type TransferQuestion = {
  readonly agreement: BindingAgreement & { readonly digest: string };
  readonly selection: Selection;
  readonly fieldsOfEntry: readonly DataItem[];
  readonly totals: UsageSoFar;
  readonly nowMs: number;
  readonly maskKey?: Uint8Array | undefined;
  readonly isFrozen?: boolean | undefined;
};

export function refusedOutcome({ code, details }: ExchangeError) {
  const rule = details?.rule;
  return { decision: "refuse", code, rule: typeof rule === "string" ? rule : null };
}

export function outcomeOfTransfer(plan: Result<ReadPlan>): Canonical {
  if (!plan.ok) return refusedOutcome(plan.error);
  const { columns, masks, maxRowsLeft, maxBytesLeft, rowsPerSecond } = plan.value;
  const text = (value: bigint | number | null) => (value === null ? null : String(value));
  return {
    decision: "allow",
    columns,
    masks,
    maxRowsLeft: text(maxRowsLeft),
    maxBytesLeft: text(maxBytesLeft),
    rowsPerSecond: text(rowsPerSecond),
  };
}

/** What of an entry's fields a decision depends on. */
export function fieldsDocument(fieldsOfEntry: readonly DataItem[]): DigestedDocument {
  const fields = fieldsOfEntry.map(({ name, sensitivity, shareable }) => ({ name, sensitivity, shareable }));
  return digested({ type: "heliu.decision-fields.v1", fields: plain(fields) });
}

/** Rows and bytes of a batch that policy was asked about; a transfer as a whole is asked about without. */
export type BatchVolume = { readonly rows: bigint; readonly bytes: bigint };

/**
 * The question of a transfer without what persons are looked up by: of a condition on rows stands which field and how it
 * is compared, never with what, since the values decide which rows leave but not whether any may.
 */
export function recordTransfer(
  question: TransferQuestion,
  plan: Result<ReadPlan>,
  packs: readonly PackInForce[],
): RecordedDecision {
  const fields = fieldsDocument(question.fieldsOfEntry);
  return recorded(itemOf("transfer", question, fields.digest), [fields], outcomeOfTransfer(plan), packs);
}

/** One batch of a transfer: `fields` was written by the caller, once for all of them. */
export function recordBatch(
  question: TransferQuestion,
  { rows, bytes }: BatchVolume,
  plan: Result<ReadPlan>,
  packs: readonly PackInForce[],
  fields: DigestedDocument,
): RecordedDecision {
  const item = { ...itemOf("batch", question, fields.digest), batch: { rows: String(rows), bytes: String(bytes) } };
  return recorded(item, [], outcomeOfTransfer(plan), packs);
}

function itemOf(kind: "transfer" | "batch", question: TransferQuestion, fields: string) {
  const { agreement, selection, totals, nowMs, maskKey } = question;
  const month = periodOf(nowMs);
  return {
    ...{ kind, agreement: agreement.digest, status: agreement.status, at: instantOf(nowMs), fields },
    selection: plain({ ...selection, rows: selection.rows?.map(({ field, op }) => ({ field, op })) }),
    totals: plain({ ...totals, callsByMonth: { [month]: totals.callsByMonth[month] ?? {} } }),
    hasMaskKey: maskKey !== undefined && maskKey.length > 0,
    ...(question.isFrozen === true && { isFrozen: true }),
  };
}

/** Made again from a record: the conditions on rows get a value, which decides nothing. */
export function decideTransferAgain(question: TransferQuestion, batch?: BatchVolume): Canonical {
  const rows = question.selection.rows?.map((condition) => ({ ...condition, value: "" }));
  const selection = rows === undefined ? question.selection : { ...question.selection, rows };
  const asked = { ...question, selection };
  return outcomeOfTransfer(batch === undefined ? enforceTransfer(asked) : enforceBatch(asked, batch));
}

export function recorded(
  item: Canonical & object,
  documents: readonly DigestedDocument[],
  outcome: Canonical,
  packs: readonly PackInForce[],
): RecordedDecision {
  const rules = packs.map(({ id, version, digest }) => ({ id, version, digest: digest ?? null }));
  const inputs = digested({ type: "heliu.decision-inputs.v1", rules, items: [item] });
  return {
    documents: [...documents, inputs],
    detail: {
      rules: packs.map(({ id, version }) => `${id}@${version}`).join(" "),
      inputs: inputs.digest,
      decision: (outcome as { readonly decision: string }).decision,
      outcome: digestOf(outcome),
    },
  };
}

/** As it stands in a document: keys that are absent in memory are absent there. */
export function plain(value: unknown): Canonical {
  return JSON.parse(JSON.stringify(value)) as Canonical;
}
