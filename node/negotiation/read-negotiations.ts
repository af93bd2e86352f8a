import type { Principal, Role } from "../identity/model.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { list, read } from "../storage/transact.ts";
import type { NegotiationDeps } from "./deps.ts";
import { findOwn } from "./find-negotiation.ts";
import type { Negotiation, NegotiationState } from "./model.ts";
import { negotiations, negotiationsByTime, negotiationsWaiting } from "./store.ts";

export type Page<T> = { readonly items: T[]; readonly next: string | null };

export type ListNegotiations = {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly state?: NegotiationState | undefined;
  readonly role?: "consumer" | "provider" | undefined;
};

/** Roles that decide, or watch over decisions, read reasons in full; others read the neutral text. */
const SEES_ALL: readonly Role[] = ["approver", "publisher", "auditor", "admin"];

export async function getNegotiation(
  deps: Pick<NegotiationDeps, "store">,
  actor: Principal,
  id: string,
): Promise<Result<Negotiation>> {
  const found = await findOwn(deps, id);
  return found.ok ? ok(viewFor(actor, found.value)) : found;
}

/** Newest first. The cursor is the place in time of the last one seen. For a reader, reasons as that person may read them. */
export async function listNegotiations(
  { store }: Pick<NegotiationDeps, "store">,
  { limit, cursor, state, role }: ListNegotiations,
  reader?: Principal,
): Promise<Page<Negotiation>> {
  const after = cursor === undefined ? {} : { after: placeOf(cursor) };
  const items: Negotiation[] = [];
  for await (const id of list(store, negotiationsByTime, [], { reverse: true, ...after })) {
    const found = await read(store, negotiations.at(id));
    if (found === undefined || (state !== undefined && found.state !== state)) continue;
    if (role !== undefined && found.role !== role) continue;
    // One more than asked for tells whether there is a next page.
    if (items.length === limit) return { items, next: cursorOf(items.at(-1)) };
    items.push(reader === undefined ? found : viewFor(reader, found));
  }
  return { items, next: null };
}

/** What waits for this person: their role's turn, and not their own request where another's eyes are needed. */
export async function waitingNegotiations(
  { store }: Pick<NegotiationDeps, "store">,
  principal: Principal,
): Promise<Negotiation[]> {
  const found: Negotiation[] = [];
  for await (const id of list(store, negotiationsWaiting)) {
    const negotiation = await read(store, negotiations.at(id));
    const role = negotiation?.reason?.turn?.role;
    if (negotiation === undefined || !principal.roles.some((held) => held === role)) continue;
    if (role === "approver" && negotiation.requestedBy === principal.userId) continue;
    found.push(negotiation);
  }
  return found.sort((a, b) => dueOf(a).localeCompare(dueOf(b)));
}

/** The neutral text instead of the full one for whoever neither asked nor decides. */
function viewFor(actor: Principal, negotiation: Negotiation): Negotiation {
  const { requestedBy, reason, timeline } = negotiation;
  if (requestedBy === actor.userId || actor.roles.some((role) => SEES_ALL.includes(role))) return negotiation;
  const veiled = <T extends { reason: Negotiation["reason"] }>(item: T): T =>
    item.reason === null ? item : { ...item, reason: { ...item.reason, text: item.reason.neutral } };
  return { ...negotiation, ...veiled({ reason }), timeline: timeline.map(veiled) };
}

const dueOf = ({ reason, createdAt }: Negotiation) => reason?.until ?? `9999${createdAt}`;

function cursorOf(last: Negotiation | undefined): string | null {
  return last === undefined ? null : `${last.createdAt}|${last.id}`;
}

function placeOf(cursor: string): string[] {
  const at = cursor.indexOf("|");
  return at < 0 ? [cursor] : [cursor.slice(0, at), cursor.slice(at + 1)];
}
