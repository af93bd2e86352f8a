import type { AuditLeaf } from "../audit/model.ts";
import { entryVersions } from "../catalog/store.ts";
import type { LedgerTransfer } from "../ledger/model.ts";
import { transfers } from "../ledger/store.ts";
import { receiptPlaces, receiptRef } from "../metering/store.ts";
import { agreements } from "../negotiation/store.ts";
import type { Statement } from "../settlement/model.ts";
import { postingsOf, releasesOf } from "../settlement/postings.ts";
import type { Settlement } from "../settlement/process-model.ts";
import { settlements } from "../settlement/store.ts";
import type { Snapshot, Store } from "../storage/port.ts";
import { parts, read } from "../storage/transact.ts";

/**
 * What a leaf is evidence for, as this node holds it now. The leaf's digest is of the part that was signed, which never changes;
 * what came later (the other side's signature, the statement that settled it) stands beside it.
 */
export type EventDocument = { readonly kind: string; readonly [field: string]: unknown };

/** Null for a leaf that says all there is. */
export async function documentOf(store: Store, leaf: AuditLeaf, at?: Snapshot): Promise<EventDocument | null> {
  const { kind, subject, detail } = leaf;
  if (kind.startsWith("receipt.")) return receiptDocument(store, subject, at);
  if (kind.startsWith("agreement.")) return agreementDocument(store, detail.agreementId ?? subject, at);
  if (kind === "declaration.signed" || kind === "statement.signed") {
    const found = await read(store, settlements.at(detail.periodId ?? "", subject), at);
    if (found === undefined) return null;
    return kind === "statement.signed" ? statementDocument(store, found, at) : declarationDocument(found);
  }
  if (kind.startsWith("catalog.") && detail.version !== undefined) {
    const entry = await read(store, entryVersions.at(subject, Number(detail.version)), at);
    return entry === undefined ? null : { kind: "entry", entry };
  }
  return null;
}

async function receiptDocument(store: Store, receiptId: string, at?: Snapshot): Promise<EventDocument | null> {
  const place = await read(store, receiptPlaces.at(receiptId), at);
  const receipt = place && (await read(store, receiptRef(place.agreementId, place.direction, place.seq), at));
  if (receipt === undefined) return null;
  const ids = Object.keys(receipt.core.usage).map((asset) => `U-${receiptId.slice(0, 32)}-${asset}`);
  return { kind: "receipt", receipt, postings: await transfersOf(store, ids, at) };
}

async function agreementDocument(store: Store, agreementId: string, at?: Snapshot): Promise<EventDocument | null> {
  const agreement = await read(store, agreements.at(agreementId), at);
  return agreement === undefined ? null : { kind: "agreement", agreement };
}

function declarationDocument({ declaration, periodId, agreementId }: Settlement): EventDocument | null {
  return declaration === null ? null : { kind: "declaration", agreementId, periodId, ...declaration };
}

async function statementDocument(store: Store, now: Settlement, at?: Snapshot): Promise<EventDocument | null> {
  const { built, signature, theirSignature, agreementId, periodId, peer, consumer } = now;
  if (built === null) return null;
  const statement = JSON.parse(built.text) as Statement;
  const parked = await parkedBefore(store, now, at);
  const ops = [...releasesOf(statement, parked, consumer, ""), ...postingsOf(statement, consumer, "")];
  const ids = ops.flatMap((op) => (op.op === "post" ? [op.id] : []));
  return {
    kind: "statement",
    ...{ agreementId, periodId, peer, text: built.text, digest: built.digest, signature, theirSignature },
    postings: await transfersOf(store, ids, at),
  };
}

/** Lines that earlier statements parked: the only ones this one can have released. The amounts are the ledger's. */
async function parkedBefore(store: Store, { agreementId, periodId }: Settlement, at?: Snapshot) {
  const parked: { lineId: string; fen: string }[] = [];
  for await (const earlierId of parts(store, settlements, [], at)) {
    if (earlierId >= periodId) break;
    const earlier = await read(store, settlements.at(earlierId, agreementId), at);
    if (earlier?.built == null) continue;
    const { result } = JSON.parse(earlier.built.text) as Statement;
    for (const { lineId, disputedFen } of result.lines) if (disputedFen !== "0") parked.push({ lineId, fen: "1" });
  }
  return parked;
}

async function transfersOf(store: Store, ids: readonly string[], at?: Snapshot): Promise<LedgerTransfer[]> {
  const found: LedgerTransfer[] = [];
  for (const id of ids) {
    const transfer = await read(store, transfers.at(id), at);
    if (transfer !== undefined) found.push(transfer);
  }
  return found;
}
