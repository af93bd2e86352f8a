import { findLeaves, parseIndex, type StoredLeaf } from "../audit/leaves.ts";
import { logHead } from "../audit/store.ts";
import type { Role } from "../identity/model.ts";
import { ok, type Result, refusals } from "../kernel/exchange-error.ts";
import type { Scheduler } from "../kernel/scheduler.ts";
import type { Store } from "../storage/port.ts";
import { read } from "../storage/transact.ts";
import { documentOf, type EventDocument } from "./documents.ts";
import { visibleKinds } from "./visible.ts";

export type EventItem = Omit<StoredLeaf, "bytes"> & { readonly document: EventDocument | null };

export type EventPage = {
  /** The log the numbers are of; another one after a restore. */
  readonly log: string;
  readonly items: readonly EventItem[];
  /** Where to go on reading at once; null at the present end. */
  readonly next: string | null;
  /** Where to go on in any case: everything up to here was read, also what this reader may not see. Null before the first leaf. */
  readonly after: string | null;
};

export type EventQuery = {
  readonly after?: string | undefined;
  readonly limit: number;
  readonly agreementId?: string | undefined;
  readonly kind?: string | undefined;
  /** The log that `after` is of. */
  readonly log?: string | undefined;
  /** How long to wait for the next one when there is none. */
  readonly waitMs?: number | undefined;
};

export type Events = { readonly read: (roles: readonly Role[], query: EventQuery) => Promise<Result<EventPage>> };

const refuse = refusals({ EVENTS_LOG_CHANGED: "conflict", EVENTS_AHEAD: "invalid-input" });
const MAX_WAIT_MS = 30_000;

/**
 * One feed of everything that is evidenced, in the order of the commits, each with the document it names. It keeps nothing
 * about its readers: the number of the last leaf read is all there is to remember, at their side.
 */
export function createEvents(deps: { store: Store; scheduler: Scheduler; origin: string }): Events {
  const { store, origin } = deps;

  async function page(roles: readonly Role[], query: EventQuery): Promise<EventPage> {
    const kinds = visibleKinds(roles);
    const size = BigInt((await read(store, logHead))?.size ?? "0");
    const found = await findLeaves(store, { ...query, limit: query.limit });
    const shown = found.items.filter(({ leaf }) => kinds === undefined || kinds.has(leaf.kind));
    const items: EventItem[] = [];
    for (const { index, leaf, leafHash } of shown) {
      items.push({ index, leaf, leafHash, document: await documentOf(store, leaf) });
    }
    // Whoever looks for a kind or an agreement has read everything there was when the search began.
    const end = size > 0n ? String(size - 1n) : null;
    const after = found.next ?? later(found.items.at(-1)?.index ?? query.after, end);
    return { log: origin, items, next: found.next, after };
  }

  return {
    async read(roles, query) {
      if (query.log !== undefined && query.log !== origin) return logChanged(query.log, origin);
      const size = BigInt((await read(store, logHead))?.size ?? "0");
      const after = query.after === undefined ? undefined : parseIndex(query.after);
      if (after !== undefined && after >= size) return ahead(query.after ?? "", size);
      const first = await page(roles, query);
      if (first.items.length > 0 || first.next !== null || !query.waitMs) return ok(first);
      await untilWritten(deps, size, Math.min(query.waitMs, MAX_WAIT_MS));
      return ok(await page(roles, query));
    },
  };
}

function later(a: string | undefined, b: string | null): string | null {
  if (a === undefined || b === null) return a ?? b;
  return BigInt(a) > BigInt(b) ? a : b;
}

/** Resolves when the log has grown beyond `size`, or the time is over. */
async function untilWritten({ store, scheduler }: { store: Store; scheduler: Scheduler }, size: bigint, ms: number) {
  let unwatch = () => {};
  let cancel = () => {};
  await new Promise<void>((resolve) => {
    unwatch = store.watch(logHead.key, resolve);
    cancel = scheduler.after(ms, resolve);
    // It may have been written before the watch stood.
    void read(store, logHead).then((head) => BigInt(head?.size ?? "0") > size && resolve());
  });
  unwatch();
  cancel();
}

function logChanged(given: string, present: string) {
  return refuse(
    "EVENTS_LOG_CHANGED",
    {
      zh: `序号属于日志 ${given},而本节点恢复后日志改为 ${present},序号已变;请从头(不带 after)重新读取,按叶子哈希去重。`,
      en: `The number is of the log ${given}; since a restore this node writes ${present}, with other numbers. Read again from the beginning (without after) and leave out the leaf hashes you have.`,
    },
    { given, present },
  );
}

function ahead(after: string, size: bigint) {
  return refuse(
    "EVENTS_AHEAD",
    {
      zh: `日志只有 ${size} 条,还没有序号 ${after};若此前读到过,说明节点数据已恢复到较早状态,请从头读取。`,
      en: `The log has ${size} entries and no number ${after}; if you have read it before, the node was restored: read again from the beginning.`,
    },
    { after, size: String(size) },
  );
}
