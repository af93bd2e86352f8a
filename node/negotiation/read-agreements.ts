import { ok, type Result } from "../kernel/exchange-error.ts";
import { list, read } from "../storage/transact.ts";
import type { NegotiationDeps } from "./deps.ts";
import { asOf } from "./end-agreement.ts";
import type { Agreement } from "./model.ts";
import type { Page } from "./read-negotiations.ts";
import { unknownAgreement } from "./refusal.ts";
import { agreements, maskKeys } from "./store.ts";

export type ListAgreements = {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly status?: string | undefined;
};

type Deps = Pick<NegotiationDeps, "store" | "runtime">;

export async function getAgreement({ store, runtime }: Deps, id: string): Promise<Result<Agreement>> {
  const found = await read(store, agreements.at(id));
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
  for await (const stored of list(store, agreements, [], { reverse: true, ...after })) {
    const agreement = asOf(stored, nowMs);
    if (status !== undefined && agreement.status !== status) continue;
    if (items.length === limit) return { items, next: items.at(-1)?.id ?? null };
    items.push(agreement);
  }
  return { items, next: null };
}

/** The provider's key for `hash` masks under this agreement; undefined where this node is not its provider. */
export async function maskKeyOf({ store }: Pick<Deps, "store">, agreementId: string): Promise<Uint8Array | undefined> {
  const key = await read(store, maskKeys.at(agreementId));
  return key === undefined ? undefined : Buffer.from(key, "base64");
}
