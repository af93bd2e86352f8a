import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { type Canonical, canonicalText, digestOf } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { chinaDateOf, instantOf } from "../kernel/instant.ts";
import { isSignedBy, signText } from "../settlement/process.ts";
import type { AnyRef, Tx } from "../storage/transact.ts";
import { confirmationSchema } from "./messages.ts";
import type { BankPayment, Confirmation, Due, Netting, SignedConfirmation } from "./model.ts";
import { putNetting } from "./open.ts";
import {
  type Addressed,
  laneOf,
  nettingRef,
  outgoing,
  PAYMENT_PREFIX,
  type PaymentDeps,
  planIn,
  revised,
} from "./process.ts";
import { refusePayment } from "./refusal.ts";

/** A payee's word as it came: canonical, its digest right, signed by the region that speaks. */
export function checkConfirmation(deps: PaymentDeps, peer: string, said: SignedConfirmation): Result<Confirmation> {
  const word = parsed(said.text);
  if (word === undefined || canonicalText(word as unknown as Canonical) !== said.text) {
    return refusePayment("NETTING_MESSAGE", { kind: "NetPaid" });
  }
  const isTheirs = word.to === peer && digestOf(word as unknown as Canonical) === said.digest;
  if (!isTheirs || !isSignedBy(deps, peer, said, PAYMENT_PREFIX, said.text)) {
    return refusePayment("NETTING_SIGNATURE", { region: peer });
  }
  return ok(word);
}

function parsed(text: string): Confirmation | undefined {
  try {
    const checked = confirmationSchema.safeParse(JSON.parse(text));
    return checked.success ? checked.data : undefined;
  } catch {
    return undefined;
  }
}

/** Exactly the payment of exactly this plan, or nothing. */
export function confirmedDue(due: Due, word: Confirmation, planDigest: string): Result<Due> {
  const isSame =
    word.planDigest === planDigest &&
    due.planDigest === planDigest &&
    due.from === word.from &&
    due.to === word.to &&
    due.fen === word.fen;
  if (!isSame) return refusePayment("NETTING_MESSAGE", { kind: `NetPaid ${due.reference}` });
  return ok({ ...due, confirmedAt: due.confirmedAt ?? word.at });
}

/**
 * Tx-piece: the money for a due has arrived in full at this region, so it says so, signed, to every region of the plan.
 * `prepareConfirmation` is made before the commit, since ids and signatures are not a decider's to make.
 */
export type PreparedConfirmation = {
  readonly at: string;
  readonly refs: readonly AnyRef[];
  readonly apply: (tx: Tx) => Result<true>;
};

export function prepareConfirmation(
  deps: PaymentDeps,
  netting: Netting,
  due: Due,
  parts: readonly Pick<BankPayment, "bankReference" | "date">[],
): PreparedConfirmation {
  const nowMs = deps.runtime.nowMs();
  const at = instantOf(nowMs);
  const word: Confirmation = {
    type: "heliu.payment.v1",
    planDigest: due.planDigest,
    reference: due.reference,
    from: due.from,
    to: due.to,
    fen: due.fen,
    bankReferences: [...new Set(parts.map(({ bankReference }) => bankReference).filter((one) => one !== ""))].sort(),
    paidOn:
      parts
        .map(({ date }) => date ?? "")
        .sort()
        .at(-1) || chinaDateOf(nowMs),
    at,
  };
  const text = canonicalText(word as unknown as Canonical);
  const digest = digestOf(word as unknown as Canonical);
  const signed: SignedConfirmation = { text, digest, ...signText(deps, PAYMENT_PREFIX, text) };
  const { periodId, round } = netting;
  const others = (planIn(netting)?.regions ?? []).filter((one) => one !== deps.region);
  const messages = others.map((to): Addressed => {
    return { to, message: { kind: "NetPaid", body: { periodId, round, ...signed } } };
  });
  const post = outgoing(deps, laneOf(periodId), messages);
  const ref = nettingRef(netting);
  return {
    at,
    refs: [ref, ...post.refs, ...appendLeafRefs()],
    apply: (tx) => {
      const before = tx.get(ref);
      if (before === undefined || before.confirmations[due.reference] !== undefined) return ok(true);
      const confirmations = { ...before.confirmations, [due.reference]: signed };
      putNetting(tx, revised(deps, { ...before, confirmations }));
      post.enqueue(tx);
      const detail = { periodId, round, from: due.from, fen: due.fen };
      appendLeaf(tx, deps.region, {
        kind: "payment.confirmed",
        atMs: nowMs,
        subject: due.reference,
        actor: "node",
        digest,
        detail,
      });
      return ok(true);
    },
  };
}
