import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { ok } from "../kernel/exchange-error.ts";
import { read } from "../storage/transact.ts";
import { build, termsOf } from "./build.ts";
import { differenceOf } from "./compare.ts";
import { concludeStep, markSettled } from "./conclude.ts";
import { disputeFigures } from "./dispute.ts";
import { openExceptions } from "./exceptions.ts";
import { declarationOf } from "./figures.ts";
import { closeLedger } from "./ledger-close.ts";
import type { Declaration } from "./model.ts";
import { earlierOnItsWay, laterOnItsWay } from "./order.ts";
import { ownFigures } from "./party-notice.ts";
import {
  aboutOf,
  autoSignLimit,
  commitStep,
  DECLARATION_PREFIX,
  isSignedBy,
  type ProcessDeps,
  STATEMENT_PREFIX,
  type Step,
  sameReason,
  settlementRef,
  signText,
} from "./process.ts";
import type { Settlement } from "./process-model.ts";
import { stopped, stoppedBy, waitsForApproval, waitsForClose, waitsForEarlier, waitsForPeer } from "./reasons.ts";
import { requestSignatures } from "./take-in.ts";
import { isWitness, thirdFigures, thirdStep } from "./third-region.ts";
import { receiptDifferences } from "./tree-service.ts";
import { witnessStep } from "./witness-step.ts";

/** More steps than a settlement has: what still moves then is turning in a circle, which is a bug. */
const MAX_STEPS = 50;

/**
 * Takes a settlement as far as it goes now: each step reads, computes and commits, and the next one follows from what is
 * stored. So it may be called at any time, by anyone, after any crash; what is done is not done again.
 */
export async function advance(deps: ProcessDeps, agreementId: string, periodId: string): Promise<void> {
  for (let i = 0; i < MAX_STEPS; i++) {
    const now = await read(deps.store, settlementRef({ agreementId, periodId }));
    if (now === undefined) return;
    if (now.state === "agreed") return afterwards(deps, now);
    const step = await nextStep(deps, now);
    if (step === undefined) return;
    deps.runtime.failPoint("settlement.step");
    const done = await commitStep(deps, now, step);
    if (done.ok || done.error.code === "SETTLEMENT_MOVED") continue;
    // A refusal of the last commit itself (a closed ledger, say) is for a person; nothing of it was written.
    const halted = { change: { state: "differs", reason: stoppedBy(done.error, deps.region) } } as const;
    if (!(await commitStep(deps, now, halted)).ok) continue;
    return;
  }
  throw new Error(`the settlement ${agreementId} ${periodId} does not come to rest`);
}

/** The period may be whole now, and what waited for this one goes on. */
async function afterwards(deps: ProcessDeps, concluded: Settlement): Promise<void> {
  await markSettled(deps, concluded);
  await closeLedger(deps);
  const { agreementId, periodId } = concluded;
  const next = await laterOnItsWay(deps, agreementId, periodId);
  if (next !== undefined) await advance(deps, agreementId, next.periodId);
}

async function nextStep(deps: ProcessDeps, now: Settlement): Promise<Step | undefined> {
  if (isWitness(now, deps.region)) return witnessStep(deps, now);
  if (now.state === "differs") return receiptDifferences(deps, now);
  const { own, theirs, declaration, theirDeclaration, built, theirProposal } = now;
  if (!now.isApproved && autoSignLimit(now) === 0n) return wait(now, waitsForClose(deps.region, now.periodId));
  if (own === null) {
    const earlier = await earlierOnItsWay(deps, now.agreementId, now.periodId);
    return earlier === undefined ? tableFigures(deps, now) : wait(now, waitsForEarlier(earlier, deps.region));
  }
  if (theirs === null) return waitForPeer(now);
  const held = thirdStep(deps, now);
  if (held !== undefined) return held.step;
  if (declaration === null) return declare(deps, now, own, theirs);
  if (theirDeclaration === null) return waitForPeer(now);
  if (built === null) return compute(deps, now);
  if (theirProposal === null) return waitForPeer(now);
  return sign(deps, now);
}

function wait(now: Settlement, reason: Settlement["reason"]): Step | undefined {
  return sameReason(now.reason, reason) ? undefined : { change: { reason } };
}

function waitForPeer(now: Settlement): Step | undefined {
  return wait(now, now.peerReason ?? waitsForPeer(now.peer));
}

function stop(now: Settlement, code: Parameters<typeof stopped>[0], details: Record<string, string> = {}): Step {
  return { change: { state: "differs", reason: stopped(code, now.peer, details) } };
}

/** First message: what this region knows, how far its receipts are complete, what it disputes. */
async function tableFigures(deps: ProcessDeps, now: Settlement): Promise<Step | undefined> {
  const { agreementId, periodId } = now;
  let complete = await deps.receipts.completeness(agreementId, periodId);
  if (complete.missing > 0) {
    await requestSignatures(deps, now);
    complete = await deps.receipts.completeness(agreementId, periodId);
  }
  // Closing early is the way round a signature that does not come: what lacks it is late then.
  const [exception] = now.isEarly ? [] : await openExceptions(deps, agreementId, periodId, now);
  if (exception !== undefined) return wait(now, exception);
  const disputed = await disputeFigures(deps, agreementId);
  const terms = await termsOf(deps, agreementId);
  // Where nobody closes, because the agreement signs by itself, this is where notices come in.
  const figures = terms.ok ? await ownFigures(deps, terms.value, now, now.figures) : now.figures;
  const own = { figures, through: complete.through, ...disputed };
  return {
    change: { figures, own, reason: null },
    messages: [{ kind: "Declare", body: { ...aboutOf(now), step: "figures", ...own } }],
  };
}

function declare(
  deps: ProcessDeps,
  now: Settlement,
  own: NonNullable<Settlement["own"]>,
  theirs: NonNullable<Settlement["theirs"]>,
): Step {
  const { agreementId, periodId } = now;
  const merged = declarationOf({ agreementId, periodId }, own.figures, theirs.figures, ...thirdFigures(now));
  if (!merged.ok) return { change: { state: "differs", reason: stoppedBy(merged.error, now.peer) } };
  const { text, digest } = merged.value;
  const signature = signText(deps, DECLARATION_PREFIX, text);
  return {
    change: { declaration: { text, digest, signature }, reason: null },
    messages: [{ kind: "Declare", body: { ...aboutOf(now), step: "sign", digest, ...signature } }],
  };
}

async function compute(deps: ProcessDeps, now: Settlement): Promise<Step | undefined> {
  const { own, theirs, declaration, theirDeclaration, agreementId, periodId } = now;
  if (own === null || theirs === null || declaration === null || theirDeclaration === null) return undefined;
  if (theirDeclaration.digest !== declaration.digest) {
    return stop(now, "STATEMENT_INPUTS_DIFFER", { value: `${declaration.digest} / ${theirDeclaration.digest}` });
  }
  if (!isSignedBy(deps, now.peer, theirDeclaration, DECLARATION_PREFIX, declaration.text)) {
    return stop(now, "STATEMENT_SIGNATURE", { region: now.peer });
  }
  const built = await build(
    deps,
    { agreementId, periodId },
    {
      declaration: JSON.parse(declaration.text) as Declaration,
      inputsDigest: declaration.digest,
      own,
      theirs,
    },
  );
  if (!built.ok) return { change: { state: "differs", reason: stoppedBy(built.error, deps.region) } };
  return {
    change: { built: built.value, state: "calculated", reason: null },
    messages: [{ kind: "Propose", body: { ...aboutOf(now), proposal: built.value.proposal } }],
    refs: appendLeafRefs({ agreementId }),
    also: (tx) => {
      appendLeaf(tx, deps.region, {
        kind: "declaration.signed",
        atMs: deps.runtime.nowMs(),
        subject: agreementId,
        actor: "node",
        digest: declaration.digest,
        agreementId,
        detail: { periodId, peer: now.peer },
      });
      return ok({});
    },
  };
}

async function sign(deps: ProcessDeps, now: Settlement): Promise<Step | undefined> {
  const { built, theirProposal, theirSignature, signature } = now;
  if (built === null || theirProposal === null) return undefined;
  const difference = differenceOf(built.proposal, theirProposal);
  // It signed in an earlier round what we have changed since; that is for a person here, not an error of computing.
  if (difference !== undefined && now.theirs?.signed !== undefined && now.theirs.signed !== built.digest) {
    const details = { region: now.peer, periodId: now.periodId };
    return { change: { state: "differs", reason: stopped("STATEMENT_SIGNED_BY_PEER", deps.region, details) } };
  }
  if (difference !== undefined) return differs(now, difference);
  if (signature === null) {
    const amount = BigInt(built.amountFen);
    const isSmall = (amount < 0n ? -amount : amount) <= autoSignLimit(now);
    if (!now.isApproved && !isSmall) {
      return wait(now, waitsForApproval(deps.region, now.periodId, built.amountFen));
    }
    const own = signText(deps, STATEMENT_PREFIX, built.text);
    return {
      change: { signature: own, reason: null },
      messages: [{ kind: "Sign", body: { ...aboutOf(now), digest: built.digest, ...own } }],
    };
  }
  if (theirSignature === null) return waitForPeer(now);
  const isTheirs = theirSignature.digest === built.digest;
  if (!isTheirs || !isSignedBy(deps, now.peer, theirSignature, STATEMENT_PREFIX, built.text)) {
    return stop(now, "STATEMENT_SIGNATURE", { region: now.peer });
  }
  const held = thirdStep(deps, now);
  return held === undefined ? concludeStep(deps, now, built) : held.step;
}

function differs(now: Settlement, code: NonNullable<ReturnType<typeof differenceOf>>): Step {
  const { built, theirProposal } = now;
  if (built === null || theirProposal === null) return stop(now, code);
  const roots = { ownRoot: built.proposal.receiptsRoot, peerRoot: theirProposal.receiptsRoot };
  if (code === "STATEMENT_RECEIPTS_DIFFER") {
    const step = stop(now, code, { value: `${roots.ownRoot.slice(0, 12)} / ${roots.peerRoot.slice(0, 12)}` });
    return { ...step, change: { ...step.change, differences: { ...roots, receipts: null } } };
  }
  const step = stop(now, code, { value: `${built.proposal.inputsDigest} / ${theirProposal.inputsDigest}` });
  // Only now is the whole statement shown: both sides then hold both, as evidence.
  if (code !== "STATEMENT_RESULT_DIFFERS") return step;
  const body = { ...aboutOf(now), proposal: built.proposal, statement: built.text };
  return { ...step, messages: [{ kind: "Propose", body }] };
}
