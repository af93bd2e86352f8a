import { ok, type Result } from "../kernel/exchange-error.ts";
import { instantOf } from "../kernel/instant.ts";
import type { Reason } from "../kernel/reason.ts";
import { isSignedBy, signText } from "../settlement/process.ts";
import { read } from "../storage/transact.ts";
import { agreeStep, closeStep } from "./conclude-plan.ts";
import { MAX_ENTRIES } from "./messages.ts";
import type { NetTable, Netting } from "./model.ts";
import { entryOf, groupOf, planOf } from "./plan.ts";
import {
  type Addressed,
  commitNetStep,
  NETTING_PREFIX,
  type NetStep,
  type PaymentDeps,
  planIn,
  roundsOf,
} from "./process.ts";
import { stoppedBy, waitsForApproval, waitsForFinance, waitsForRegions } from "./reasons.ts";
import { refusePayment } from "./refusal.ts";
import { nettedStatements } from "./store.ts";
import { waitingForMoney } from "./waiting-for-money.ts";

/** More steps than a round has: what still moves then is turning in a circle, which is a bug. */
const MAX_STEPS = 100;

/**
 * Takes the netting of a period as far as it goes now; each step reads, computes and commits, and the next follows from
 * what is stored. So it may be called at any time, by anyone, after any crash; what is done is not done again. Says whether
 * a plan came into force by it, whose dues are owed from now on.
 */
export async function advanceNetting(deps: PaymentDeps, periodId: string): Promise<boolean> {
  let isAgreed = false;
  for (let i = 0; i < MAX_STEPS; i++) {
    const moved = await moveOnce(deps, periodId);
    if (moved === undefined) return isAgreed;
    isAgreed ||= moved.state === "agreed";
  }
  throw new Error(`the netting of ${periodId} does not come to rest`);
}

/** What was changed; undefined when there is nothing to do now. */
async function moveOnce(deps: PaymentDeps, periodId: string): Promise<Partial<Netting> | undefined> {
  const rounds = await roundsOf(deps.store, periodId);
  for (const now of rounds) {
    const step = await stepFor(deps, now, rounds);
    if (step === undefined) continue;
    deps.runtime.failPoint("netting.step");
    const done = await commitNetStep(deps, now, step);
    if (done.ok) return step.change;
    if (done.error.code === "NETTING_MOVED") return {};
    // A refusal of the last commit itself (a closed ledger, say) is for a person; nothing of it was written.
    const halted = wait(now, stoppedBy(done.error, deps.region));
    if (halted === undefined) continue;
    return (await commitNetStep(deps, now, halted)).ok ? {} : undefined;
  }
  return undefined;
}

async function stepFor(deps: PaymentDeps, now: Netting, rounds: readonly Netting[]): Promise<NetStep | undefined> {
  if (now.state === "agreed") return payingStep(deps, now);
  if (now.state !== "open" && now.state !== "calculated") return undefined;
  const isSigned = now.signatures[deps.region] !== undefined;
  const others = rounds.filter((one) => one !== now && (one.state === "open" || one.state === "calculated"));
  // What we signed may still be agreed, so no later round begins before it has ended.
  if (!isSigned && others.some((one) => one.signatures[deps.region] !== undefined)) return undefined;
  const later = others.find((one) => BigInt(one.round) > BigInt(now.round));
  if (!isSigned && later !== undefined) return { change: { state: "replaced", reason: null } };
  return openStep(deps, now, rounds);
}

async function openStep(deps: PaymentDeps, now: Netting, rounds: readonly Netting[]): Promise<NetStep | undefined> {
  const { region } = deps;
  const own = now.tables[region];
  if (own === undefined) {
    // Who asked for a round that another one replaced has asked for this one.
    const requestedBy = now.requestedBy ?? rounds.findLast(({ state }) => state === "replaced")?.requestedBy ?? null;
    const table = await tableOf(deps, now.periodId);
    if (!table.ok) return wait(now, stoppedBy(table.error, region));
    const ids = table.value.entries.map(({ agreementId }) => agreementId);
    if (requestedBy === null && !(await signsAlone(deps, now.periodId, ids))) {
      return wait(now, waitsForFinance(region, now.periodId));
    }
    return { change: { tables: { ...now.tables, [region]: table.value }, requestedBy, reason: null } };
  }
  const group = groupOf(region, now.tables);
  const unsent = group.filter((one) => one !== region && !now.sentTo.includes(one));
  if (unsent.length > 0) return sendTable(now, own, unsent);
  const missing = group.filter((one) => now.tables[one] === undefined);
  if (missing.length > 0) return wait(now, waitsForRegions(missing, "table"));
  if (now.plan === null) return compute(deps, now, group);
  return signStep(deps, now);
}

function wait(now: Netting, reason: Reason): NetStep | undefined {
  return JSON.stringify(now.reason) === JSON.stringify(reason) ? undefined : { change: { reason } };
}

/** Every statement of the period that both sides signed and no agreed plan holds yet. */
export async function tableOf(deps: PaymentDeps, periodId: string): Promise<Result<NetTable>> {
  const signed = await deps.signed(periodId);
  if (!signed.ok) return signed;
  const entries = [];
  for (const one of signed.value) {
    if (entries.length === MAX_ENTRIES) break;
    if (![one.provider, one.consumer].includes(deps.region)) continue;
    if ((await read(deps.store, nettedStatements.at(periodId, one.agreementId))) !== undefined) continue;
    entries.push(entryOf(one));
  }
  return ok({ entries });
}

function sendTable(now: Netting, table: NetTable, to: readonly string[]): NetStep {
  const body = { periodId: now.periodId, round: now.round, table };
  return {
    change: { sentTo: [...now.sentTo, ...to], reason: null },
    messages: to.map((one): Addressed => ({ to: one, message: { kind: "NetTable", body } })),
  };
}

function compute(deps: PaymentDeps, now: Netting, group: readonly string[]): NetStep | undefined {
  const computed = planOf(now, group, now.tables);
  if (!computed.ok) return { change: { state: "differs", reason: stoppedBy(computed.error, deps.region) } };
  const { text, digest } = computed.value;
  return { change: { plan: { text, digest }, state: "calculated", reason: null } };
}

async function signStep(deps: PaymentDeps, now: Netting): Promise<NetStep | undefined> {
  const plan = planIn(now);
  if (plan === undefined || now.plan === null) return undefined;
  const { text, digest } = now.plan;
  const others = plan.regions.filter((one) => one !== deps.region);
  if (now.signatures[deps.region] === undefined) {
    const own = plan.entries.filter(({ provider, consumer }) => [provider, consumer].includes(deps.region));
    const ids = own.map(({ agreementId }) => agreementId);
    if (!now.isApproved && !(await signsAlone(deps, now.periodId, ids))) {
      return wait(now, waitsForApproval(deps.region, now.periodId));
    }
    const signature = { digest, ...signText(deps, NETTING_PREFIX, text) };
    const body = { periodId: now.periodId, round: now.round, ...signature };
    return {
      change: { signatures: { ...now.signatures, [deps.region]: signature }, reason: null },
      messages: others.map((to): Addressed => ({ to, message: { kind: "NetSign", body } })),
    };
  }
  for (const one of others) {
    const theirs = now.signatures[one];
    if (theirs === undefined) continue;
    const fault = faultOf(deps, one, theirs, { text, digest });
    if (fault !== undefined) return { change: { state: "differs", reason: fault } };
  }
  const missing = others.filter((one) => now.signatures[one] === undefined);
  if (missing.length > 0) return wait(now, waitsForRegions(missing, "signature"));
  return agreeStep(deps, now, plan);
}

function faultOf(
  deps: PaymentDeps,
  region: string,
  theirs: Netting["signatures"][string],
  { text, digest }: { readonly text: string; readonly digest: string },
): Reason | undefined {
  if (theirs.digest !== digest) {
    const value = `${theirs.digest.slice(7, 19)} / ${digest.slice(7, 19)}`;
    return stoppedBy(refusePayment("NETTING_PLAN_DIFFERS", { region, value }).error, region);
  }
  if (isSignedBy(deps, region, theirs, NETTING_PREFIX, text)) return undefined;
  return stoppedBy(refusePayment("NETTING_SIGNATURE", { region }).error, region);
}

/** As with statements: the node goes on without a person where every agreement concerned says so up to that amount. */
async function signsAlone(deps: PaymentDeps, periodId: string, agreementIds: readonly string[]): Promise<boolean> {
  const signed = await deps.signed(periodId);
  if (!signed.ok || agreementIds.length === 0) return false;
  const ids = new Set(agreementIds);
  const own = signed.value.filter(({ agreementId }) => ids.has(agreementId));
  return (
    own.length === ids.size &&
    own.every(({ statement, terms }) => {
      const fen = BigInt(statement.result.amountFen);
      const limit = BigInt(terms.autoSignUpToFen ?? "0");
      return limit > 0n && (fen < 0n ? -fen : fen) <= limit;
    })
  );
}

/** A signed plan: closed when the payees' words for all its payments are here. */
async function payingStep(deps: PaymentDeps, now: Netting): Promise<NetStep | undefined> {
  const plan = planIn(now);
  if (plan === undefined) return undefined;
  const open = plan.payments.filter(({ reference }) => now.confirmations[reference] === undefined);
  const [first, ...others] = open;
  if (first === undefined) return closeStep(deps, now, plan, instantOf(deps.runtime.nowMs()));
  return wait(now, await waitingForMoney(deps, [first, ...others]));
}
