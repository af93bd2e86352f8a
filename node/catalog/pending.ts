import { ok } from "../kernel/exchange-error.ts";
import { collection } from "../storage/collection.ts";
import type { Store } from "../storage/port.ts";
import { type AnyRef, list, read, type Tx, transact } from "../storage/transact.ts";
import { type EntryRecord, entryRecords, type PendingVersion } from "./store.ts";

/** Entries under way, by what they wait for: an approver's look, their publisher, or the confirmation of one import. */
type Queue = readonly ["review"] | readonly ["returned"] | readonly ["import", string];

type Waiting = { readonly id: string; readonly submittedBy: string };

/** (queue…, entry id). Follows the records in the commits that change them; counting it reads no entry. */
const pendingQueue = collection<Waiting>("catalog-pending");
/** Set once every record that was written before the queues were kept has its place in them. */
const areQueuesKept = collection<true>("catalog-pending-kept").at("1");

const REBUILD_RECORDS = 500;

/** Writes a record and moves its entry to where it waits now; the commit has to have declared the record. */
export function putRecord(tx: Tx, record: EntryRecord): void {
  const ref = entryRecords.at(record.id);
  const left = placeOf(record.id, tx.get(ref)?.pending ?? null);
  if (left !== undefined) tx.remove(left);
  tx.put(ref, record);
  putInQueue(tx, record);
}

function putInQueue(tx: Tx, { id, pending }: EntryRecord): void {
  const place = placeOf(id, pending);
  if (place !== undefined) tx.put(place, { id, submittedBy: pending?.submittedBy ?? "" });
}

function placeOf(id: string, pending: PendingVersion | null): AnyRef | undefined {
  const queue = pending === null ? undefined : queueOf(pending);
  return queue === undefined ? undefined : pendingQueue.at(...queue, id);
}

function queueOf({ state, importId, isReturned = false }: PendingVersion): Queue | undefined {
  if (importId !== null) return ["import", importId];
  if (state === "reviewing") return ["review"];
  return state === "draft" && isReturned ? ["returned"] : undefined;
}

/** How many entries wait in a queue, of all but those who submitted them where `except` names one; no further than `atMost`. */
export async function countQueue(
  store: Store,
  queue: Queue,
  { except, atMost = Number.POSITIVE_INFINITY }: { readonly except?: string; readonly atMost?: number } = {},
): Promise<number> {
  await keepQueues(store);
  let count = 0;
  for await (const { submittedBy } of list(store, pendingQueue, queue)) {
    if (submittedBy === except) continue;
    count += 1;
    if (count >= atMost) break;
  }
  return count;
}

/** Once for a store whose records are older than the queues; broken off, it is simply done again. */
async function keepQueues(store: Store): Promise<void> {
  if ((await read(store, areQueuesKept)) === true) return;
  let ids: string[] = [];
  const putAll = () =>
    transact(
      store,
      ids.map((id) => entryRecords.at(id)),
      (tx) => {
        // As it is now: what was decided meanwhile has moved on already.
        for (const id of ids) {
          const record = tx.get(entryRecords.at(id));
          if (record !== undefined) putInQueue(tx, record);
        }
        return ok(true);
      },
    );
  for await (const { id, pending } of list(store, entryRecords)) {
    if (pending === null) continue;
    ids.push(id);
    if (ids.length < REBUILD_RECORDS) continue;
    await putAll();
    ids = [];
  }
  await putAll();
  await transact(store, [], (tx) => ok(tx.put(areQueuesKept, true)));
}
