import { fourEyes, requireRole } from "../identity/authorise.ts";
import type { Principal } from "../identity/model.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Reason } from "../kernel/reason.ts";
import { attempt } from "../settlement/refusal.ts";
import { checkPeriod } from "../settlement/values.ts";
import { read } from "../storage/transact.ts";
import { tableOf } from "./advance-netting.ts";
import type { Due, Netting, NettingPlan, PlanPayment } from "./model.ts";
import { openRounds } from "./open.ts";
import { leftOut } from "./plan.ts";
import { commitNetStep, newNetting, type PaymentDeps, planIn, roundsOf } from "./process.ts";
import { refusePayment } from "./refusal.ts";
import { dues } from "./store.ts";

/** One round of netting as people and programs see it. */
export type NettingView = {
  readonly periodId: string;
  readonly round: string;
  readonly state: Netting["state"];
  readonly reason: Reason | null;
  readonly digest: string | null;
  readonly regions: readonly string[];
  readonly statements: readonly { readonly agreementId: string; readonly digest: string }[];
  /** Agreements of this region that go into a later round: the other side had not signed when this one began. */
  readonly leftOut: readonly string[];
  readonly positions: NettingPlan["positions"];
  readonly payments: readonly (PlanPayment & Pick<Due, "dueAt" | "paidFen" | "confirmedAt">)[];
  readonly signatures: readonly { readonly region: string; readonly keyId: string; readonly signature: string }[];
  /** The canonical document that was signed. */
  readonly document: string | null;
  readonly signedAt: string | null;
  readonly closedAt: string | null;
  readonly leafIndex: string | null;
};

export type PeriodPlans = { readonly periodId: string; readonly items: readonly NettingView[] };

const isOpen = ({ state }: Netting) => state === "open" || state === "calculated";

/** Finance asks for the plan of a period. Asking again is asking once; after a plan that differed it begins anew. */
export async function requestNetting(deps: PaymentDeps, actor: Principal, periodId: string): Promise<Result<true>> {
  const allowed = requireRole(actor, "finance");
  if (!allowed.ok) return allowed;
  const form = attempt(() => checkPeriod(periodId));
  if (!form.ok) return form;
  const rounds = await roundsOf(deps.store, periodId);
  const open = rounds.findLast(isOpen);
  if (open !== undefined) {
    if (open.requestedBy !== null) return ok(true);
    const asked = await commitNetStep(deps, open, { change: { requestedBy: actor.userId } });
    return asked.ok ? ok(true) : asked;
  }
  const table = await tableOf(deps, periodId);
  if (!table.ok) return table;
  if (table.value.entries.length === 0) {
    return rounds.some(({ state }) => state === "agreed" || state === "paid")
      ? ok(true)
      : refusePayment("NETTING_NOTHING", { periodId });
  }
  const round = (BigInt(rounds.at(-1)?.round ?? "0") + 1n).toString();
  const begun = await commitNetStep(deps, newNetting(periodId, round), { change: { requestedBy: actor.userId } });
  return begun.ok ? ok(true) : begun;
}

/** A second person lets the computed plan be signed; never who asked for it. */
export async function approveNetting(deps: PaymentDeps, actor: Principal, periodId: string): Promise<Result<true>> {
  const allowed = requireRole(actor, ["finance", "approver"]);
  if (!allowed.ok) return allowed;
  const rounds = await roundsOf(deps.store, periodId);
  const open = rounds.findLast(isOpen);
  if (open === undefined) return approvedBefore(periodId, rounds);
  if (open.plan === null || open.requestedBy === null) return refusePayment("NETTING_NOT_CALCULATED", { periodId });
  const eyes = fourEyes(open.requestedBy, actor);
  if (!eyes.ok) return eyes;
  if (open.isApproved) return ok(true);
  const done = await commitNetStep(deps, open, { change: { isApproved: true } });
  return done.ok ? ok(true) : done;
}

/** Approving again is approving once; a plan over which the regions differ cannot be. */
function approvedBefore(periodId: string, rounds: readonly Netting[]): Result<true> {
  const last = rounds.findLast(({ state }) => state !== "replaced");
  if (last === undefined) return refusePayment("NETTING_NOT_FOUND", { periodId });
  return last.state === "differs" ? refusePayment("NETTING_DIFFERS", { periodId }) : ok(true);
}

export async function plansOf(deps: PaymentDeps, periodId: string): Promise<Result<PeriodPlans>> {
  const rounds = await roundsOf(deps.store, periodId);
  if (rounds.length === 0) return refusePayment("NETTING_NOT_FOUND", { periodId });
  const items = [];
  for (const one of rounds) if (one.state !== "replaced") items.push(await nettingView(deps, one));
  return ok({ periodId, items });
}

async function nettingView({ store, region }: PaymentDeps, netting: Netting): Promise<NettingView> {
  const plan = planIn(netting);
  const payments = [];
  for (const one of plan?.payments ?? []) {
    const { dueAt = null, paidFen = "0", confirmedAt = null } = (await read(store, dues.at(one.reference))) ?? {};
    payments.push({ ...one, dueAt, paidFen, confirmedAt });
  }
  const { periodId, round, state, reason, signedAt, closedAt, leafIndex } = netting;
  return {
    ...{ periodId, round, state, reason, signedAt, closedAt, leafIndex, payments },
    digest: netting.plan?.digest ?? null,
    regions: plan?.regions ?? Object.keys(netting.tables).sort(),
    statements: (plan?.entries ?? []).map(({ agreementId, digest }) => ({ agreementId, digest })),
    leftOut: plan === undefined ? [] : leftOut(netting.tables[region], plan),
    positions: plan?.positions ?? [],
    signatures: Object.entries(netting.signatures)
      .map(([one, { keyId, signature }]) => ({ region: one, keyId, signature }))
      .sort((a, b) => (a.region < b.region ? -1 : 1)),
    document: netting.plan?.text ?? null,
  };
}

/** Periods whose netting waits for this reader. */
export async function nettingsWaiting(
  { store, region }: PaymentDeps,
  principal: Principal,
): Promise<{ readonly periodId: string; readonly reason: Reason }[]> {
  const { userId, roles } = principal;
  if (!roles.some((role) => role === "finance" || role === "approver")) return [];
  const waiting: { periodId: string; reason: Reason }[] = [];
  for await (const { periodId, reason, requestedBy } of openRounds(store)) {
    if (reason?.turn?.region !== region) continue;
    // A plan is signed by an approver or a second person of finance; whatever else waits is for finance alone.
    const isTheirs = reason.code === "NETTING_WAITS_FOR_APPROVAL" ? requestedBy !== userId : roles.includes("finance");
    if (isTheirs) waiting.push({ periodId, reason });
  }
  return waiting;
}
