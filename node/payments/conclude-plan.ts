import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { sha256Hex } from "../kernel/digest.ts";
import { ok } from "../kernel/exchange-error.ts";
import { chinaMidnight, instantOf, msOf, periodOf } from "../kernel/instant.ts";
import { accountOf, type LedgerOp } from "../ledger/model.ts";
import { postBatch } from "../ledger/ops.ts";
import { postRefs } from "../ledger/store.ts";
import { obligationsOf } from "../settlement/obligations.ts";
import type { SignedStatement } from "../settlement/signed-statements.ts";
import type { Confirmation, Due, Netting, NettingPlan } from "./model.ts";
import { putDue } from "./open.ts";
import type { NetStep, PaymentDeps } from "./process.ts";
import { nettedStatements } from "./store.ts";

/** All regions have signed: the plan, its dues, the mark on each statement and the audit leaf in one commit. */
export async function agreeStep(deps: PaymentDeps, now: Netting, plan: NettingPlan): Promise<NetStep | undefined> {
  const { periodId, round } = now;
  const nowMs = deps.runtime.nowMs();
  const at = instantOf(nowMs);
  const planDigest = now.plan?.digest ?? "";
  const own = await heldOf(deps, plan);
  if (own === undefined) return undefined;
  const created = plan.payments.map((payment): Due => {
    const deadline = deadlineOf(deps, payment.from, payment.to, own, at);
    return { ...payment, ...deadline, periodId, round, planDigest, issuedAt: at, ...NOTHING_PAID };
  });
  const ids = own.map(({ agreementId }) => agreementId);
  return {
    change: { state: "agreed", reason: null, signedAt: at },
    refs: appendLeafRefs(ids),
    also: (tx) => {
      for (const due of created) putDue(tx, due);
      for (const agreementId of ids) tx.put(nettedStatements.at(periodId, agreementId), { round });
      const fen = created.reduce((sum, one) => sum + BigInt(one.fen), 0n).toString();
      const leaf = appendLeaf(tx, deps.region, {
        kind: "netting.signed",
        atMs: nowMs,
        subject: `netting/${periodId}/${round}`,
        actor: now.isApproved ? "finance" : "node",
        digest: planDigest,
        detail: { periodId, round, regions: plan.regions.join(" "), payments: String(created.length), fen },
      });
      return ok({ leafIndex: leaf.index });
    },
  };
}

const NOTHING_PAID = { paidFen: "0", payments: [], confirmedAt: null } as const;

/** The plan's statements that this region holds; undefined while one of them is not there. */
async function heldOf(deps: PaymentDeps, plan: NettingPlan): Promise<SignedStatement[] | undefined> {
  const signed = await deps.signed(plan.periodId);
  if (!signed.ok) return undefined;
  const digests = new Set(plan.entries.map(({ agreementId, digest }) => `${agreementId}|${digest}`));
  return signed.value.filter(({ agreementId, digest }) => digests.has(`${agreementId}|${digest}`));
}

/** Netting late must not put off what is owed: a payment is due when the first of the statements behind it is. */
function deadlineOf(
  { rules, region }: PaymentDeps,
  from: string,
  to: string,
  held: readonly SignedStatement[],
  at: string,
): Pick<Due, "dueAt" | "dueRule" | "dueVerified"> {
  const other = from === region ? to : from;
  const since = held.map(({ signedAt }) => signedAt).sort()[0] ?? at;
  return dueDateOf(rules, other, since);
}

export const PAY_RULE = "settlement.payDays";

/** When what was agreed at `since` has to be paid; no rule in force means no due date, and says so. */
export function dueDateOf(
  rules: PaymentDeps["rules"],
  peer: string,
  since: string,
): Pick<Due, "dueAt" | "dueRule" | "dueVerified"> {
  const deadline = rules.deadline(PAY_RULE, msOf(since), { peer });
  if (!deadline.ok) return { dueAt: null, dueRule: deadline.error.code, dueVerified: true };
  return { dueAt: deadline.value.until, dueRule: deadline.value.rule, dueVerified: deadline.value.verified };
}

/**
 * Every payment has arrived: per obligation a posting, all in one batch, with the state and the leaf. The time is that
 * of the last payee's word, so that all regions post the same. Source: settlement.md §13.
 */
export async function closeStep(
  deps: PaymentDeps,
  now: Netting,
  plan: NettingPlan,
  nowAt: string,
): Promise<NetStep | undefined> {
  const held = await heldOf(deps, plan);
  if (held === undefined || now.plan === null) return undefined;
  const words = Object.values(now.confirmations).map(({ text }) => JSON.parse(text) as Confirmation);
  // A plan that nets to nothing closes when it is signed; the same instant everywhere is then the end of its period.
  const at =
    words
      .map((one) => one.at)
      .sort()
      .at(-1) ?? chinaMidnight(`${plan.periodId}-28`);
  const postings = postingsOf(held, plan, now.plan.digest, at);
  const ids = held.map(({ agreementId }) => agreementId);
  const { periodId, round } = now;
  const { digest } = now.plan;
  return {
    change: { state: "paid", reason: null, closedAt: nowAt },
    refs: [...postRefs(postings), ...appendLeafRefs(ids)],
    also: (tx) => {
      const posted = postBatch(tx, postings);
      if (!posted.ok) return posted;
      const leaf = { kind: "netting.settled", atMs: msOf(nowAt), actor: "node", digest } as const;
      const subject = `netting/${periodId}/${round}`;
      const detail = { periodId, round, payments: String(plan.payments.length) };
      if (ids.length === 0) appendLeaf(tx, deps.region, { ...leaf, subject, detail });
      for (const agreementId of ids) {
        appendLeaf(tx, deps.region, { ...leaf, subject, agreementId, detail });
      }
      return ok({});
    },
  };
}

function postingsOf(held: readonly SignedStatement[], plan: NettingPlan, digest: string, at: string): LedgerOp[] {
  const opened = new Set<string>();
  const posts: LedgerOp[] = [];
  for (const statement of held) {
    const { agreementId, consumer } = statement;
    const receivable = accountOf(`${consumer}:payer`, "receivable");
    const numbers = new Map<string, number>();
    for (const { partyId, from, fen } of obligationsOf(statement)) {
      const payable = accountOf(partyId, "payable");
      const n = numbers.get(partyId) ?? 0;
      numbers.set(partyId, n + 1);
      const key = `net|${plan.periodId}|${plan.round}|${digest.slice(7)}|${agreementId}|${partyId}|${n}`;
      // What goes the other way round (a negative total, deferred money given back) swaps the sides.
      const [debit, credit] = from === consumer ? [payable, receivable] : [receivable, payable];
      for (const account of [debit, credit]) opened.add(account);
      const id = `N-${sha256Hex(key).slice(0, 32)}`;
      const text = `${agreementId} ${plan.periodId} netting`;
      posts.push({
        op: "post",
        key,
        id,
        debit,
        credit,
        amount: fen.toString(),
        periodId: periodOf(msOf(at)),
        at,
        text,
      });
    }
  }
  const opens = [...opened].map((account): LedgerOp => ({ op: "ensure", account, normal: "none" }));
  return [...opens, ...posts];
}
