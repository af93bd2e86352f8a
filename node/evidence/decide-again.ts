import type { CatalogEntry, DataItem } from "../catalog/model.ts";
import { type Canonical, canonicalText } from "../kernel/canonical-json.ts";
import { msOf } from "../kernel/instant.ts";
import { readDocument } from "../negotiation/agreement.ts";
import { type CallGroup, outcomeOfCalls } from "../policy/call-record.ts";
import type { DeadlineRules } from "../policy/decide.ts";
import {
  answerRequest,
  decideTransferAgain,
  outcomeOfRequest,
  type TransferQuestion,
} from "../policy/decision-record.ts";
import type { UsageTerms } from "../policy/model.ts";

/** What was asked in one decision, as its record holds it. */
export type DecisionItem = { readonly [name: string]: Canonical } & { readonly kind: string };

/** The same question to the same rules; undefined: inputs that cannot be read. */
export function decideAgain(
  item: DecisionItem,
  held: ReadonlyMap<string, Canonical>,
  rules: DeadlineRules,
): Canonical | undefined {
  try {
    if (item.kind === "request") return answerAgain(item, held, rules);
    if (item.kind === "transfer" || item.kind === "batch") return letOutAgain(item, held);
    if (item.kind === "calls") return letThroughAgain(item, held);
  } catch {
    // Inputs that no version of the product wrote.
  }
  return undefined;
}

function answerAgain(
  item: DecisionItem,
  held: ReadonlyMap<string, Canonical>,
  rules: DeadlineRules,
): Canonical | undefined {
  const described = held.get(String(item.entry)) as { readonly text: string } | undefined;
  if (described === undefined) return undefined;
  const question = {
    entry: JSON.parse(described.text) as CatalogEntry,
    hasSource: item.hasSource === true,
    offeredAtMs: msOf(String(item.offeredAt)),
    requested: item.requested as unknown as UsageTerms,
    round: Number(item.round),
    nowMs: msOf(String(item.at)),
    region: String(item.region),
    consumer: String(item.consumer),
    partners: item.partners as readonly string[],
  };
  return outcomeOfRequest(answerRequest(question, rules));
}

function letOutAgain(item: DecisionItem, held: ReadonlyMap<string, Canonical>): Canonical | undefined {
  const signed = signedOf(item, held);
  const fields = held.get(String(item.fields)) as { readonly fields: readonly DataItem[] } | undefined;
  if (signed === undefined || fields === undefined) return undefined;
  const given = item as unknown as Pick<TransferQuestion, "selection" | "totals"> & {
    readonly status: TransferQuestion["agreement"]["status"];
  };
  const question = {
    agreement: { ...signed, status: given.status },
    selection: given.selection,
    fieldsOfEntry: fields.fields,
    totals: given.totals,
    nowMs: msOf(String(item.at)),
    isFrozen: item.isFrozen === true,
    // Any key: whether there was one decides, not which.
    maskKey: item.hasMaskKey === true ? new Uint8Array(32) : undefined,
  };
  if (item.kind === "transfer") return decideTransferAgain(question);
  const { rows, bytes } = item.batch as { readonly rows: string; readonly bytes: string };
  return decideTransferAgain(question, { rows: BigInt(rows), bytes: BigInt(bytes) });
}

function letThroughAgain(item: DecisionItem, held: ReadonlyMap<string, Canonical>): Canonical | undefined {
  const signed = signedOf(item, held);
  if (signed === undefined) return undefined;
  // The status of each call stands with the call.
  return outcomeOfCalls({ ...signed, status: "in-force" }, item.groups as unknown as readonly CallGroup[]);
}

function signedOf({ agreement }: DecisionItem, held: ReadonlyMap<string, Canonical>) {
  const digest = String(agreement);
  const document = held.get(digest);
  const terms = document === undefined ? undefined : termsOf(digest, document);
  if (terms === undefined) return undefined;
  const { agreementId } = document as { readonly agreementId: string };
  return { id: agreementId, digest, terms };
}

const read = new Map<string, UsageTerms>();

/** An agreement is used many thousand times; its document is read once. */
function termsOf(digest: string, document: Canonical): UsageTerms | undefined {
  const known = read.get(digest);
  if (known !== undefined) return known;
  const parsed = readDocument(canonicalText(document));
  if (!parsed.ok) return undefined;
  if (read.size > 1_000) read.clear();
  read.set(digest, parsed.value.terms);
  return parsed.value.terms;
}
