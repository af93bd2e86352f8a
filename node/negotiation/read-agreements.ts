import { ok, type Result } from "../kernel/exchange-error.ts";
import { list, read } from "../storage/transact.ts";
import type { NegotiationDeps } from "./deps.ts";
import { asOf } from "./end-agreement.ts";
import type { Agreement } from "./model.ts";
import type { Page } from "./read-negotiations.ts";
import { unknownAgreement } from "./refusal.ts";
import { agreements, findAgreement, maskKeys, witnessedAgreements } from "./store.ts";

export type ListAgreements = {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly status?: string | undefined;
};

type Deps = Pick<NegotiationDeps, "store" | "runtime">;

export async function getAgreement({ store, runtime }: Deps, id: string): Promise<Result<Agreement>> {
  const found = await findAgreement(store, id);
  return found === undefined ? unknownAgreement() : ok(asOf(found, runtime.nowMs()));
}

/** An agreement with somebody else is as unknown to a peer as one that never was. */
export async function getAgreementForPeer(deps: Deps, peer: string, id: string): Promise<Result<Agreement>> {
  const found = await getAgreement(deps, id);
  return found.ok && found.value.peer !== peer ? unknownAgreement() : found;
}

/** Newest first: the number of an agreement sorts by the time it was given. */
export async function listAgreements(
  { store, runtime }: Deps,
  { limit, cursor, status }: ListAgreements,
): Promise<Page<Agreement>> {
  const after = cursor === undefined ? {} : { after: [cursor] };
  const nowMs = runtime.nowMs();
  const items: Agreement[] = [];
  const options = { reverse: true, ...after };
  const own = list(store, agreements, [], options);
  for await (const stored of newestFirst(own, list(store, witnessedAgreements, [], options))) {
    const agreement = asOf(stored, nowMs);
    if (status !== undefined && agreement.status !== status) continue;
    if (items.length === limit) return { items, next: items.at(-1)?.id ?? null };
    items.push(agreement);
  }
  return { items, next: null };
}

/** Two lists, each newest first, as one. */
async function* newestFirst(a: AsyncIterable<Agreement>, b: AsyncIterable<Agreement>): AsyncGenerator<Agreement> {
  const [left, right] = [a[Symbol.asyncIterator](), b[Symbol.asyncIterator]()];
  try {
    let [x, y] = [await left.next(), await right.next()];
    while (x.done !== true || y.done !== true) {
      if (y.done === true || (x.done !== true && x.value.id > y.value.id)) {
        yield x.value as Agreement;
        x = await left.next();
      } else {
        yield y.value;
        y = await right.next();
      }
    }
  } finally {
    await left.return?.();
    await right.return?.();
  }
}

/** The provider's key for `hash` masks under this agreement; undefined where this node is not its provider. */
export async function maskKeyOf({ store }: Pick<Deps, "store">, agreementId: string): Promise<Uint8Array | undefined> {
  const key = await read(store, maskKeys.at(agreementId));
  return key === undefined ? undefined : Buffer.from(key, "base64");
}
