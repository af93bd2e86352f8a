import { requireRole } from "../identity/authorise.ts";
import type { Peer, Principal, TrustView } from "../identity/model.ts";
import type { Signer } from "../kernel/ed25519.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Logger } from "../kernel/logger.ts";
import { type Metrics, noMetrics } from "../kernel/metrics.ts";
import type { Reason } from "../kernel/reason.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { Worker } from "../kernel/worker.ts";
import type { Receipt } from "../metering/model.ts";
import { type PartyEnd, partyEnds } from "../metering/party-end.ts";
import { unsignedReceipts } from "../metering/store.ts";
import type { TopicHandler } from "../outbox/model.ts";
import type { Rules } from "../rules/service.ts";
import type { Store, Unsubscribe } from "../storage/port.ts";
import { parts, read } from "../storage/transact.ts";
import { advance } from "./advance.ts";
import { bundleOf } from "./bundle.ts";
import { type CloseOptions, closePeriod } from "./close.ts";
import { type DisputeOutcome, type DisputeRequest, openDispute, resolveDispute } from "./dispute.ts";
import { type DisputeView, disputeViews, oneDispute } from "./dispute-view.ts";
import { peerAnswered, peerRefused, receiveMessage } from "./inbox.ts";
import { createLanes } from "./lanes.ts";
import { closeLedger } from "./ledger-close.ts";
import { onTheirWay } from "./order.ts";
import { announceLeave, isPartyNotice, receiveNotice } from "./party-notice.ts";
import { type PeriodView, periodView, type StatementView, statementView } from "./period-view.ts";
import { commitStep, type ProcessDeps, settlementRef } from "./process.ts";
import { refuseProcess } from "./process-refusal.ts";
import type { StatementBundle } from "./recompute.ts";
import { type SignedStatement, signedStatements } from "./signed-statements.ts";
import { type AgreementSource, agreementsIn, type ReceiptSource, receiptsIn } from "./sources.ts";
import { type Dispute, settlements } from "./store.ts";
import { tend, waitingFor } from "./tend.ts";
import { receiveThirdMessage, thirdAnswered, thirdRefused } from "./third-inbox.ts";
import { isThirdMessage } from "./third-messages.ts";
import { receiptsFor, treeNodes } from "./tree-service.ts";
import type { TreeChannel, TreeRequest, WireTreeNode } from "./tree-walk.ts";

export type SettlementDeps = {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** This node's own region. */
  readonly region: string;
  readonly trust: Pick<TrustView, "statementKey">;
  /** Of the region's statement key. */
  readonly signer: Signer;
  readonly metrics?: Pick<Metrics, "count" | "gauge">;
  /** Where deadlines come from; without them none runs. */
  readonly rules?: Pick<Rules, "deadline">;
  /** The way to a peer's tree of receipts. */
  readonly trees?: TreeChannel;
  readonly agreements?: AgreementSource;
  readonly receipts?: ReceiptSource;
  readonly openCalls?: ProcessDeps["openCalls"];
};

export type Settlements = Worker & {
  readonly close: (actor: Principal, periodId: string, options?: CloseOptions) => Promise<Result<PeriodView>>;
  readonly get: (periodId: string, agreementId?: string) => Promise<Result<PeriodView>>;
  readonly status: (periodId: string) => Promise<PeriodView>;
  readonly statement: (agreementId: string, periodId: string) => Promise<Result<StatementView>>;
  /** Periods with a settlement or a close, newest first. */
  readonly periods: () => Promise<string[]>;
  /** The finance officer lets one statement be signed, without closing the whole period. */
  readonly sign: (actor: Principal, periodId: string, agreementId: string) => Promise<Result<StatementView>>;
  readonly openDispute: (actor: Principal, request: DisputeRequest) => Promise<Result<Dispute>>;
  readonly resolveDispute: (
    actor: Principal,
    id: string,
    outcome: DisputeOutcome,
    comment?: string,
  ) => Promise<Result<Dispute>>;
  /** A party of this region leaves after a day; the other regions of the agreement are told, under its signature. */
  readonly announceLeave: (
    actor: Principal,
    agreementId: string,
    leave: { readonly partyId: string; readonly lastDay: string },
  ) => Promise<Result<PartyEnd>>;
  /** Who has said to leave an agreement, as its region signed it. */
  readonly leaves: (agreementId: string) => Promise<readonly PartyEnd[]>;
  readonly disputes: (periodId?: string) => Promise<DisputeView[]>;
  readonly dispute: (periodId: string, id: string) => Promise<Result<DisputeView>>;
  readonly waiting: (principal: Principal) => Promise<{ readonly periodId: string; readonly reason: Reason | null }[]>;
  /** The statement with all it follows from, for recomputing it offline (`recompute.ts`). */
  readonly bundle: (agreementId: string, periodId: string) => Promise<Result<StatementBundle>>;
  /** Statements with both signatures, of one period or of all but some, with the terms they follow from. */
  readonly signed: (periodId?: string, without?: ReadonlySet<string>) => Promise<Result<SignedStatement[]>>;
  readonly treeNodes: (peer: Peer, request: TreeRequest) => Promise<Result<readonly WireTreeNode[]>>;
  readonly receipts: (peer: Peer, agreementId: string, receiptIds: readonly string[]) => AsyncIterable<Receipt>;
  /** What only the passing of time brings about: closes the ledger of a month that is over, counts what is overdue. */
  readonly tend: () => Promise<void>;
  /** For the outbox, topic `settlement`. */
  readonly handler: TopicHandler;
  /** Resolves when nothing that was begun is still being computed. */
  readonly idle: () => Promise<void>;
};

export function createSettlements(given: SettlementDeps): Settlements {
  const deps: ProcessDeps = {
    ...given,
    metrics: given.metrics ?? noMetrics,
    rules: given.rules,
    trees: given.trees,
    agreements: given.agreements ?? agreementsIn(given.store),
    receipts: given.receipts ?? receiptsIn(given.store),
    openCalls: given.openCalls ?? (async () => 0),
  };
  const { store } = deps;
  const lanes = createLanes(deps.logger);
  const move = (agreementId: string, periodId: string) =>
    lanes.run(agreementId, () => advance(deps, agreementId, periodId));
  let unwatch: Unsubscribe | undefined;

  /** After a restart, and when signatures came in: whatever is on its way goes on from what is stored. */
  async function resume(): Promise<void> {
    for await (const { agreementId, periodId } of onTheirWay(store)) void move(agreementId, periodId);
  }

  return {
    name: "settlement",
    start() {
      unwatch ??= store.watch(unsignedReceipts.prefix, () => lanes.background(resume));
      lanes.background(resume);
      lanes.background(() => closeLedger(deps));
    },
    async stop() {
      unwatch?.();
      unwatch = undefined;
      await lanes.idle();
    },
    idle: lanes.idle,
    async close(actor, periodId, options = {}) {
      const begun = await closePeriod(deps, actor, periodId, options);
      if (!begun.ok) return begun;
      await Promise.all(begun.value.map((agreementId) => move(agreementId, periodId)));
      await closeLedger(deps);
      return ok(await periodView(deps, periodId));
    },
    async get(periodId, agreementId) {
      const view = await periodView(deps, periodId, agreementId);
      if (agreementId !== undefined && view.settlements.length === 0) return notFound(agreementId, periodId);
      return ok(view);
    },
    status: (periodId) => periodView(deps, periodId),
    statement: (agreementId, periodId) => statementOf(deps, agreementId, periodId),
    periods: () => periodsOf(store),
    async sign(actor, periodId, agreementId) {
      const approved = await approve(deps, actor, periodId, agreementId);
      if (!approved.ok) return approved;
      await move(agreementId, periodId);
      return statementOf(deps, agreementId, periodId);
    },
    async openDispute(actor, request) {
      const opened = await openDispute(deps, actor, request);
      if (opened.ok) await move(request.agreementId, request.periodId);
      return opened;
    },
    async resolveDispute(actor, id, outcome, comment) {
      const resolved = await resolveDispute(deps, actor, id, outcome, comment);
      if (resolved.ok) await move(resolved.value.agreementId, resolved.value.periodId);
      return resolved;
    },
    leaves: async (agreementId) => (await read(store, partyEnds.at(agreementId))) ?? [],
    announceLeave: (actor, agreementId, leave) => announceLeave(deps, actor, agreementId, leave),
    disputes: (periodId) => disputeViews(deps, periodId),
    dispute: (periodId, id) => oneDispute(deps, periodId, id),
    async tend() {
      await tend(deps);
      // A peer that could not be asked, for signatures or for its tree, is asked again.
      await resume();
    },
    waiting: (principal) => waitingFor(deps, principal),
    bundle: (agreementId, periodId) => bundleOf(deps, agreementId, periodId),
    signed: (periodId, without) => signedStatements(deps, periodId, without),
    treeNodes: (peer, request) => treeNodes(deps, peer, request),
    receipts: (peer, agreementId, receiptIds) => receiptsFor(deps, peer, agreementId, receiptIds),
    handler: handlerOf(deps, move),
  };
}

type Move = (agreementId: string, periodId: string) => Promise<void>;

function handlerOf(deps: ProcessDeps, move: Move): TopicHandler {
  return {
    async receive(message) {
      if (isPartyNotice(message.body)) return receiveNotice(deps, message);
      const receive = isThirdMessage(message.body) ? receiveThirdMessage : receiveMessage;
      const answer = await receive(deps, message);
      if (!answer.ok) return answer;
      // The answer does not wait for the computation, which may be long; a crash before it is made good by `resume`.
      const { agreementId, periodId } = message.body as { agreementId: string; periodId: string };
      void move(agreementId, periodId);
      return answer;
    },
    async delivered(message, answer) {
      if (isPartyNotice(message.body)) return;
      if (!isThirdMessage(message.body)) return peerAnswered(deps, message, answer);
      const moved = await thirdAnswered(deps, message, answer);
      if (moved) void move(...moved);
    },
    async refused(message, code, text) {
      if (isThirdMessage(message.body)) return thirdRefused(deps, message, code, text);
      if (!isPartyNotice(message.body)) return peerRefused(deps, message, code, text);
      deps.logger.error(
        { peer: message.peer, code, why: text.en },
        "the peer did not take the notice of a leaving party",
      );
    },
  };
}

function notFound(agreementId: string, periodId: string) {
  return refuseProcess("SETTLEMENT_NOT_FOUND", { agreementId, periodId });
}

async function statementOf(
  { store, region }: ProcessDeps,
  agreementId: string,
  periodId: string,
): Promise<Result<StatementView>> {
  const found = await read(store, settlementRef({ agreementId, periodId }));
  return found === undefined ? notFound(agreementId, periodId) : ok(statementView(region, found));
}

async function approve(
  deps: ProcessDeps,
  actor: Principal,
  periodId: string,
  agreementId: string,
): Promise<Result<true>> {
  const allowed = requireRole(actor, "finance");
  if (!allowed.ok) return allowed;
  const found = await read(deps.store, settlementRef({ agreementId, periodId }));
  if (found === undefined) return notFound(agreementId, periodId);
  if (found.isApproved || found.state === "agreed") return ok(true);
  const done = await commitStep(deps, found, { change: { isApproved: true } });
  return done.ok ? ok(true) : done;
}

async function periodsOf(store: Store): Promise<string[]> {
  const periods: string[] = [];
  for await (const periodId of parts(store, settlements)) periods.push(periodId);
  return periods.reverse();
}
