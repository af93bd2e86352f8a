import { requireRole } from "../identity/authorise.ts";
import type { Principal } from "../identity/model.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { newUlid } from "../kernel/ids.ts";
import { instantOf } from "../kernel/instant.ts";
import { reasonSchema } from "../kernel/reason.ts";
import type { TopicHandler } from "../outbox/model.ts";
import { advance } from "../procedures/engine.ts";
import { type ObjectionEvent, objectionProcedure, REQUESTER_EVENTS, raiserOf } from "../procedures/objection.ts";
import type { Store } from "../storage/port.ts";
import { list, read, transact } from "../storage/transact.ts";
import type { Objection, Outcome, RaiseRequest } from "./model.ts";
import { answerOf, type Change, commitMove, type ObjectionDeps } from "./move.ts";
import { reasonOf, reasonTold } from "./reason.ts";
import { receiveObjection } from "./receive.ts";
import { moved, notConsumer, notFound, otherSide } from "./refusal.ts";
import { objections, objectionsByAgreement } from "./store.ts";
import { asReceiptsSay, checkAbout, type TracedReceipt, traceAbout } from "./trace.ts";

/** With what it concerns: the receipts, and through them the transfers, each signed by both regions. */
export type ObjectionView = Objection & { readonly receipts: readonly TracedReceipt[] };

export type Act = {
  readonly event: ObjectionEvent;
  readonly comment: string | null;
  /** Of `verify`. */
  readonly outcome?: Outcome | undefined;
  readonly revision?: number | undefined;
};

export type Objections = {
  readonly raise: (actor: Principal, request: RaiseRequest) => Promise<Result<Objection>>;
  readonly act: (actor: Principal, id: string, act: Act) => Promise<Result<Objection>>;
  readonly get: (id: string) => Promise<Result<ObjectionView>>;
  readonly list: (query: { agreement?: string | undefined; limit: number; cursor?: string | undefined }) => Promise<{
    readonly items: readonly Objection[];
    readonly next: string | null;
  }>;
  readonly waiting: (principal: Principal) => Promise<readonly Objection[]>;
  /** For the outbox, topic `objection`. */
  readonly handler: TopicHandler;
};

export function createObjections(deps: ObjectionDeps): Objections {
  const { store, region } = deps;
  return {
    raise: (actor, request) => raise(deps, actor, request),
    act: (actor, id, act) => actOn(deps, actor, id, act),
    async get(id) {
      const found = await read(store, objections.at(id));
      return found === undefined
        ? notFound(id)
        : ok({ ...withOwnTurn(found, region), receipts: await traceAbout(store, found) });
    },
    async list({ agreement, limit, cursor }) {
      const items: Objection[] = [];
      for await (const one of objectionsIn(store, agreement, cursor)) {
        if (items.length === limit) return { items, next: items.at(-1)?.id ?? null };
        items.push(withOwnTurn(one, region));
      }
      return { items, next: null };
    },
    async waiting(principal) {
      const found: Objection[] = [];
      for await (const held of list(store, objections)) {
        const one = withOwnTurn(held, region);
        const turn = one.reason?.turn;
        if (turn?.region === region && principal.roles.some((role) => role === turn.role)) found.push(one);
      }
      return found;
    },
    handler: {
      async receive(message) {
        const taken = await receiveObjection(deps, message);
        return taken.ok ? ok(answerOf(taken.value)) : taken;
      },
      async delivered(message, answer) {
        const {
          objectionId,
          state,
          reason: said,
        } = answer as {
          objectionId?: string;
          state?: string;
          reason?: unknown;
        };
        if (objectionId === undefined || message.lane !== `objection/${objectionId}`) return;
        // Clock and role of a turn are set where the turn is: a peer's answer moves no deadline of our own.
        const reason = reasonSchema.safeParse(said).data;
        if (reason?.turn?.region !== message.peer) return;
        await transact(store, [objections.at(objectionId)], (tx) => {
          const held = tx.get(objections.at(objectionId));
          if (held === undefined || held.state !== state) return ok(true);
          tx.put(objections.at(objectionId), { ...held, reason });
          return ok(true);
        });
      },
      async refused(message, code, text) {
        const id = message.lane.slice("objection/".length);
        await transact(store, [objections.at(id)], (tx) => {
          const held = tx.get(objections.at(id));
          if (held === undefined) return ok(true);
          const reason = { code, rule: "objection.peer", turn: null, until: null, verified: true, text, neutral: text };
          tx.put(objections.at(id), { ...held, reason, revision: held.revision + 1 });
          return ok(true);
        });
      },
    },
  };
}

/** A record of an earlier version may name a role that did not raise it and may not take it. */
function withOwnTurn(held: Objection, region: string): Objection {
  return held.side === "requester" ? { ...held, reason: reasonTold(held.reason, region, held) } : held;
}

async function* objectionsIn(store: Store, agreement: string | undefined, cursor: string | undefined) {
  if (agreement === undefined) {
    yield* list(store, objections, [], cursor === undefined ? {} : { after: [cursor] });
    return;
  }
  const options = cursor === undefined ? {} : { after: [agreement, cursor] };
  for await (const id of list(store, objectionsByAgreement, [agreement], options)) {
    const one = await read(store, objections.at(id));
    if (one !== undefined) yield one;
  }
}

async function raise(deps: ObjectionDeps, actor: Principal, given: RaiseRequest): Promise<Result<Objection>> {
  const allowed = requireRole(actor, ["requester", "finance"]);
  if (!allowed.ok) return allowed;
  const { runtime, rules, region, store } = deps;
  const request = await asReceiptsSay(store, given);
  const agreement = await deps.agreement(request.agreementId);
  if (!agreement.ok) return agreement;
  const { provider, consumer, entry } = agreement.value;
  if (consumer !== region) return notConsumer(request.agreementId);
  const about = await checkAbout(store, request);
  if (!about.ok) return about;
  const id = newUlid(runtime);
  const role = actor.roles.includes("requester") ? "requester" : "finance";
  return commitMove(
    deps,
    { id, peer: provider, agreementId: request.agreementId, entryId: entry.id },
    (_before, atMs) => {
      const at = instantOf(atMs);
      const after: Objection = {
        ...request,
        ...{ id, side: "requester", peer: provider, state: "raised", outcome: null, answer: null },
        entry: { region: entry.region, id: entry.id, name: entry.name },
        reason: reasonOf(rules, { type: request.type, state: "raised", requester: region, provider, atMs }),
        ...{ raisedBy: actor.userId, verifiedBy: null, reopened: 0 },
        timeline: [{ at, event: "raise", actor: role, from: null, to: "raised", comment: request.text }],
        ...{ createdAt: at, updatedAt: at, revision: 1 },
      };
      return ok({ after, event: "raise", actor: role, isTold: true });
    },
  );
}

async function actOn(deps: ObjectionDeps, actor: Principal, id: string, act: Act): Promise<Result<Objection>> {
  const found = await read(deps.store, objections.at(id));
  if (found === undefined) return notFound(id);
  const isRequesters = REQUESTER_EVENTS.includes(act.event);
  if (isRequesters !== (found.side === "requester")) return otherSide(act.event);
  const { peer, agreementId, entry } = found;
  return commitMove(deps, { id, peer, agreementId, entryId: entry.id }, (before, nowMs) => {
    if (before === undefined) return notFound(id);
    if (act.revision !== undefined && act.revision !== before.revision) return moved(id);
    return step(deps, before, actor, act, nowMs);
  });
}

function step(deps: ObjectionDeps, before: Objection, actor: Principal, act: Act, atMs: number): Result<Change> {
  const { event, comment, outcome = null } = act;
  const { type, state, side, peer } = before;
  const holds = (guard: string) => (guard === "reviewed-alone" ? type === "quality" : before.reopened < 2);
  // Whoever verified may not approve; an answer is for the role that asked.
  const asked = { state, event, actor, requestedBy: before.verifiedBy, comment, holds, atMs };
  const move = advance(objectionProcedure(type, raiserOf(before.timeline)), asked, deps.rules);
  if (!move.ok) return move;
  const { from, to, by } = move.value;
  const at = instantOf(atMs);
  const parties =
    side === "requester" ? { requester: deps.region, provider: peer } : { requester: peer, provider: deps.region };
  const after: Objection = {
    ...before,
    state: to,
    outcome: event === "verify" ? (outcome ?? "explained") : event === "reopen" ? null : before.outcome,
    answer: event === "verify" || event === "refuse" ? comment : before.answer,
    reason: reasonOf(deps.rules, { type, state: to, ...parties, atMs, before }),
    verifiedBy: event === "verify" ? actor.userId : before.verifiedBy,
    reopened: before.reopened + (event === "reopen" ? 1 : 0),
    timeline: [...before.timeline, { at, event, actor: by, from, to, comment }],
    updatedAt: at,
    revision: before.revision + 1,
  };
  // What is verified and not yet approved is the provider's own business.
  const isInner = to === "verified" || event === "return";
  return ok({ after, event, actor: by, isTold: !isInner });
}
