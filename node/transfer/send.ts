import type { Canonical } from "../kernel/canonical-json.ts";
import { newUlid } from "../kernel/ids.ts";
import { instantOf } from "../kernel/instant.ts";
import type { Runtime } from "../kernel/runtime.ts";
import { newTraceId } from "../kernel/trace.ts";
import { enqueue, enqueueRefs } from "../outbox/store.ts";
import type { AnyRef, Tx } from "../storage/transact.ts";
import { pidsOf, type TransferMessageKind } from "./messages.ts";
import type { Transfer } from "./model.ts";
import { transferLinks } from "./store.ts";

/** Taken once outside the decider, which must stay pure: ids of the messages it may owe, and the time. */
export type Stamp = { readonly nowMs: number; readonly traceId: string; readonly messageIds: readonly string[] };

export function stampOf(runtime: Runtime, traceId?: string): Stamp {
  const nowMs = runtime.nowMs();
  return { nowMs, traceId: traceId ?? newTraceId(runtime), messageIds: [newUlid(runtime), newUlid(runtime)] };
}

/** Messages of one transfer keep their order; transfers do not wait for each other. */
export function laneOf(transferId: string): string {
  return `transfer/${transferId}`;
}

export function oweRefs(transfer: Pick<Transfer, "id" | "peer">): readonly AnyRef[] {
  return enqueueRefs(transfer.peer, laneOf(transfer.id));
}

type Extra = { readonly [key: string]: Canonical };

/** Queues a message to the peer of the transfer, in the caller's commit. Reads the transfer's link. */
export function owe(
  tx: Tx,
  transfer: Transfer,
  kind: TransferMessageKind,
  extra: Extra,
  { nowMs, traceId, messageIds }: Stamp,
  which: 0 | 1 = 0,
): void {
  const { binding = "grpc", callbackAddress = null } = tx.get(transferLinks.at(transfer.id)) ?? {};
  const { providerPid, consumerPid } = pidsOf(transfer);
  const known = providerPid === "" ? {} : { providerPid };
  enqueue(tx, {
    id: messageIds[which] ?? "",
    peer: transfer.peer,
    binding,
    ...(callbackAddress === null ? {} : { callbackAddress }),
    lane: laneOf(transfer.id),
    topic: "transfer",
    kind,
    body: { "@context": CONTEXT, "@type": kind, ...known, consumerPid, ...extra },
    createdAt: instantOf(nowMs),
    traceId,
  });
}

const CONTEXT = ["https://w3id.org/dspace/2025/1/context.jsonld"];
