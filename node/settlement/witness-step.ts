import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { parseCanonical } from "../kernel/canonical-json.ts";
import { sha256Hex } from "../kernel/digest.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Reason } from "../kernel/reason.ts";
import { termsOf } from "./build.ts";
import { concludeStep } from "./conclude.ts";
import type { Figures } from "./messages.ts";
import { type Declaration, declarationSchema } from "./model.ts";
import { ownFigures } from "./party-notice.ts";
import {
  aboutOf,
  autoSignLimit,
  DECLARATION_PREFIX,
  isSignedBy,
  type ProcessDeps,
  STATEMENT_PREFIX,
  type Step,
  sameReason,
  signText,
} from "./process.ts";
import type { Settlement, WitnessedSide } from "./process-model.ts";
import { refuseProcess } from "./process-refusal.ts";
import { stoppedBy, waitsForApproval, waitsForClose, waitsForPeer } from "./reasons.ts";
import type { ThirdMessage } from "./third-messages.ts";
import { type Mail, mailed, mailing, splitFigures } from "./third-region.ts";
import { witnessedStatement } from "./witness-statement.ts";

export const UNSEEN_SIDE: WitnessedSide = {
  declaration: null,
  proposal: null,
  rows: null,
  scope: null,
  signature: null,
  reason: null,
};

/**
 * The next step of a region that is no side of the agreement but whose parties it pays: it lays down what it knows of
 * them, signs the declaration, computes the statement from the sums that both sides signed, signs it last, and posts it.
 */
export async function witnessStep(deps: ProcessDeps, now: Settlement): Promise<Step | undefined> {
  if (now.state === "differs") return undefined;
  if (!now.isApproved && autoSignLimit(now) === 0n) return waits(deps, now, waitsForClose(deps.region, now.periodId));
  if (now.own === null) return tableFigures(deps, now);
  const sides = [now.provider, now.consumer].map((region) => ({ region, ...sideOf(now, region) }));
  if (now.declaration === null) {
    const silent = sides.find(({ declaration }) => declaration === null);
    return silent === undefined ? signDeclaration(deps, now) : waits(deps, now, waitsFor(silent));
  }
  if (now.built === null) {
    const silent = sides.find(({ proposal, signature }) => proposal === null || signature === null);
    return silent === undefined ? compute(deps, now) : waits(deps, now, waitsFor(silent));
  }
  if (now.signature === null) return sign(deps, now, now.built);
  return conclude(deps, now, now.built);
}

export function sideOf({ witness }: Settlement, region: string): WitnessedSide {
  return witness?.sides[region] ?? UNSEEN_SIDE;
}

function waitsFor({ region, reason }: WitnessedSide & { readonly region: string }): Reason {
  return reason ?? waitsForPeer(region);
}

/** Where it is this region's turn, both sides are told, so that they see whom they wait for. */
function waits(deps: ProcessDeps, now: Settlement, reason: Reason): Step | undefined {
  if (sameReason(now.reason, reason)) return undefined;
  if (reason.turn?.region !== deps.region) return { change: { reason } };
  return mailed(deps, now, { reason }, toSides(now, { kind: "Declare", body: reasonBody(deps, now, reason) }));
}

function stopsBy(deps: ProcessDeps, now: Settlement, refused: Result<unknown>): Step {
  if (refused.ok) throw new Error("nothing stops by what is in order");
  const reason = stoppedBy(refused.error, deps.region);
  const mails = toSides(now, { kind: "Declare", body: reasonBody(deps, now, reason) });
  return mailed(deps, now, { state: "differs", reason }, mails);
}

function reasonBody({ region: party }: ProcessDeps, now: Settlement, reason: Reason) {
  return { ...aboutOf(now), party, step: "reason" as const, reason };
}

function toSides({ provider, consumer }: Settlement, message: ThirdMessage): Mail[] {
  return [provider, consumer].map((to) => ({ to, message }));
}

async function tableFigures(deps: ProcessDeps, now: Settlement): Promise<Step> {
  const terms = await termsOf(deps, now.agreementId);
  const figures = terms.ok ? await ownFigures(deps, terms.value, now, now.figures) : now.figures;
  const through = { forward: "0", reverse: "0" };
  const own = { figures, through, disputedReceiptIds: [], resolutions: [] };
  const body = { ...aboutOf(now), party: deps.region, step: "figures" as const, figures };
  return mailed(deps, now, { figures, own, reason: null }, toSides(now, { kind: "Declare", body }));
}

/** The text comes from the sides; what it says of our parties must be what we laid down, no more and no less. */
async function signDeclaration(deps: ProcessDeps, now: Settlement): Promise<Step> {
  const checked = await checkDeclaration(deps, now);
  if (!checked.ok) return stopsBy(deps, now, checked);
  const { text, digest } = checked.value;
  const signature = signText(deps, DECLARATION_PREFIX, text);
  const body = { ...aboutOf(now), party: deps.region, step: "sign" as const, digest, ...signature };
  const post = mailing(deps, now, toSides(now, { kind: "Declare", body }));
  const { agreementId, periodId } = now;
  return {
    change: { declaration: { text, digest, signature }, reason: null },
    refs: [...post.refs, ...appendLeafRefs({ agreementId })],
    also: (tx) => {
      post.enqueue(tx);
      const about = { atMs: deps.runtime.nowMs(), subject: agreementId, actor: "node", digest, agreementId };
      const detail = { periodId, peer: now.peer };
      appendLeaf(tx, deps.region, { kind: "declaration.signed", ...about, detail });
      return ok({});
    },
  };
}

async function checkDeclaration(
  deps: ProcessDeps,
  now: Settlement,
): Promise<Result<{ readonly text: string; readonly digest: string }>> {
  const terms = await termsOf(deps, now.agreementId);
  if (!terms.ok) return terms;
  const [a, b] = [now.provider, now.consumer].map((region) => sideOf(now, region).declaration);
  if (a == null || b == null) throw new Error("a declaration is checked before both sides have sent it");
  if (a.digest !== b.digest) return refuseProcess("STATEMENT_INPUTS_DIFFER", { value: `${a.digest} / ${b.digest}` });
  const { text, digest } = a;
  for (const [region, side] of [[now.provider, a] as const, [now.consumer, b] as const]) {
    if (!isSignedBy(deps, region, side, DECLARATION_PREFIX, text))
      return refuseProcess("STATEMENT_SIGNATURE", { region });
  }
  const parsed = parseCanonical(Buffer.from(text, "utf8"));
  const declared = parsed.ok ? declarationSchema.safeParse(parsed.value) : undefined;
  const isAbout = declared?.data?.agreementId === now.agreementId && declared.data.periodId === now.periodId;
  if (declared?.data === undefined || !isAbout || `sha256:${sha256Hex(text)}` !== digest) {
    return refuseProcess("SETTLEMENT_MESSAGE", { kind: "Declare text" });
  }
  const said = splitFigures(terms.value, deps.region, declared.data as Figures).own;
  const ours = splitFigures(terms.value, deps.region, now.figures).own;
  if (said.join("\n") !== ours.join("\n")) {
    return refuseProcess("STATEMENT_INPUTS_DIFFER", { value: `${ours.join(", ")} / ${said.join(", ")}`.slice(0, 400) });
  }
  return ok({ text, digest });
}

async function compute(deps: ProcessDeps, now: Settlement): Promise<Step> {
  const { declaration, own } = now;
  const [provider, consumer] = [sideOf(now, now.provider), sideOf(now, now.consumer)];
  if (declaration === null || own === null || provider.scope === null || consumer.scope === null) {
    throw new Error("a statement is computed before what it follows from is there");
  }
  const built = await witnessedStatement(deps, now, {
    declaration: JSON.parse(declaration.text) as Declaration,
    inputsDigest: declaration.digest,
    provider,
    consumer,
  });
  if (!built.ok) return stopsBy(deps, now, built);
  for (const [region, { signature }] of [[now.provider, provider] as const, [now.consumer, consumer] as const]) {
    const isTheirs = signature?.digest === built.value.digest;
    if (signature === null || !isTheirs || !isSignedBy(deps, region, signature, STATEMENT_PREFIX, built.value.text)) {
      return stopsBy(deps, now, refuseProcess("STATEMENT_SIGNATURE", { region }));
    }
  }
  // Which receipts both took in decides here too what is parked and what is released.
  const figures = own.figures;
  return {
    change: {
      built: built.value,
      state: "calculated",
      reason: null,
      own: { figures, ...consumer.scope },
      theirs: { figures, ...provider.scope },
    },
  };
}

function sign(deps: ProcessDeps, now: Settlement, built: NonNullable<Settlement["built"]>): Step | undefined {
  const amount = BigInt(built.amountFen);
  const isSmall = (amount < 0n ? -amount : amount) <= autoSignLimit(now);
  if (!now.isApproved && !isSmall) {
    return waits(deps, now, waitsForApproval(deps.region, now.periodId, built.amountFen));
  }
  const signature = signText(deps, STATEMENT_PREFIX, built.text);
  const body = { ...aboutOf(now), party: deps.region, digest: built.digest, ...signature };
  const receivers = [now.provider, now.consumer, ...otherThirds(deps, now)];
  const mails = receivers.map((to): Mail => ({ to, message: { kind: "Sign", body } }));
  return mailed(deps, now, { signature, reason: null }, mails);
}

function otherThirds({ region }: ProcessDeps, { thirdRegions = [] }: Settlement): string[] {
  return thirdRegions.filter((one) => one !== region);
}

/** Both sides had signed before we did; with the other third regions' signatures it is everybody's. */
async function conclude(
  deps: ProcessDeps,
  now: Settlement,
  built: NonNullable<Settlement["built"]>,
): Promise<Step | undefined> {
  for (const region of otherThirds(deps, now)) {
    const signature = now.witness?.others[region];
    if (signature === undefined) return waits(deps, now, waitsForPeer(region));
    const isTheirs = signature.digest === built.digest;
    if (!isTheirs || !isSignedBy(deps, region, signature, STATEMENT_PREFIX, built.text)) {
      return stopsBy(deps, now, refuseProcess("STATEMENT_SIGNATURE", { region }));
    }
  }
  return concludeStep(deps, now, built);
}
