import type { Canonical } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { newUlid } from "../kernel/ids.ts";
import { instantOf } from "../kernel/instant.ts";
import { newTraceId } from "../kernel/trace.ts";
import { enqueue, enqueueRefs } from "../outbox/store.ts";
import { partiesOfRegion } from "../policy/parties.ts";
import type { SettlementTerms } from "../policy/settlement-terms.ts";
import type { AnyRef, Tx } from "../storage/transact.ts";
import type { Figures } from "./messages.ts";
import {
  aboutOf,
  DECLARATION_PREFIX,
  isSignedBy,
  type ProcessDeps,
  STATEMENT_PREFIX,
  type Step,
  sameReason,
} from "./process.ts";
import type { Settlement, ThirdSide } from "./process-model.ts";
import { refuseProcess } from "./process-refusal.ts";
import { stopped, waitsForPeer } from "./reasons.ts";
import type { ThirdMessage } from "./third-messages.ts";

export const NOTHING_SAID: ThirdSide = {
  told: "nothing",
  figures: null,
  declaration: null,
  signature: null,
  reason: null,
};

/** This region is no side of the agreement: its parties are paid by it. */
export function isWitness({ provider, consumer }: Pick<Settlement, "provider" | "consumer">, region: string): boolean {
  return region !== provider && region !== consumer;
}

type Phase = {
  readonly told: ThirdSide["told"];
  readonly messages: (party: string) => readonly ThirdMessage[];
  /** What is still lacking of a third region, and whether what came holds. */
  readonly lacks: (side: ThirdSide) => boolean;
  readonly fault: (party: string, side: ThirdSide) => Step | undefined;
};

/**
 * A side's dealings with third regions, before its own next step: none is taken until each of them has laid down its
 * figures, signed the declaration and, at the end, the statement. Undefined: nothing to wait for. Pure.
 */
export function thirdStep(deps: ProcessDeps, now: Settlement): { readonly step: Step | undefined } | undefined {
  const regions = now.thirdRegions ?? [];
  const phase = regions.length === 0 ? undefined : phaseOf(deps, now);
  if (phase === undefined) return undefined;
  const sideOf = (party: string) => now.thirds?.[party] ?? NOTHING_SAID;
  const untold = regions.filter((party) => PHASES.indexOf(sideOf(party).told) < PHASES.indexOf(phase.told));
  if (untold.length > 0) {
    const told = untold.map((party) => [party, { ...sideOf(party), told: phase.told }] as const);
    const mails = untold.flatMap((to) => phase.messages(to).map((message) => ({ to, message })));
    return { step: mailed(deps, now, { thirds: { ...now.thirds, ...Object.fromEntries(told) } }, mails) };
  }
  for (const party of regions) {
    const fault = phase.lacks(sideOf(party)) ? undefined : phase.fault(party, sideOf(party));
    if (fault !== undefined) return { step: fault };
  }
  const silent = regions.find((party) => phase.lacks(sideOf(party)));
  if (silent === undefined) return undefined;
  const reason = sideOf(silent).reason ?? waitsForPeer(silent);
  return { step: sameReason(now.reason, reason) ? undefined : { change: { reason } } };
}

const PHASES: readonly ThirdSide["told"][] = ["nothing", "figures", "declaration", "statement"];

function phaseOf(deps: ProcessDeps, now: Settlement): Phase | undefined {
  const { declaration, theirDeclaration, built, own, signature, theirSignature } = now;
  if (declaration === null) {
    return {
      told: "figures",
      messages: (party) => [{ kind: "Declare", body: { ...aboutOf(now), party, step: "figures" } }],
      lacks: ({ figures }) => figures === null,
      fault: () => undefined,
    };
  }
  if (built === null && theirDeclaration !== null) {
    return {
      told: "declaration",
      messages: (party) => [declarationMessage(now, party, declaration)],
      lacks: (side) => side.declaration === null,
      fault: (party, side) => {
        if (side.declaration?.digest !== declaration.digest) return stop("STATEMENT_INPUTS_DIFFER", party);
        const holds = isSignedBy(deps, party, side.declaration, DECLARATION_PREFIX, declaration.text);
        return holds ? undefined : stop("STATEMENT_SIGNATURE", party);
      },
    };
  }
  if (built === null || own === null || signature === null || theirSignature === null) return undefined;
  return {
    told: "statement",
    messages: (party) => statementMessages(now, party),
    lacks: (side) => side.signature === null,
    fault: (party, side) => {
      const isOurs = side.signature !== null && side.signature.digest === built.digest;
      const holds = isOurs && isSignedBy(deps, party, side.signature ?? signature, STATEMENT_PREFIX, built.text);
      return holds ? undefined : stop("STATEMENT_SIGNATURE", party);
    },
  };
}

function declarationMessage(
  now: Settlement,
  party: string,
  { text, digest, signature }: NonNullable<Settlement["declaration"]>,
): ThirdMessage {
  return { kind: "Declare", body: { ...aboutOf(now), party, step: "sign", text, digest, ...signature } };
}

/** The statement's digests, the sums it follows from, and this side's signature. */
function statementMessages(now: Settlement, party: string): ThirdMessage[] {
  const { built, own, signature } = now;
  if (built?.rows === undefined || own === null || signature === null) return [];
  const about = { ...aboutOf(now), party };
  const { through, disputedReceiptIds, resolutions } = own;
  const scope = { through, disputedReceiptIds, resolutions };
  return [
    { kind: "Propose", body: { ...about, proposal: built.proposal, rows: built.rows, scope } },
    { kind: "Sign", body: { ...about, digest: built.digest, ...signature } },
  ];
}

/** All that a third region needs of what this side signed, again, in the round in which it asks. */
export function signedMessages(now: Settlement, party: string, round: string): ThirdMessage[] {
  const inItsRound = { ...now, round };
  if (now.declaration === null) return [];
  return [declarationMessage(inItsRound, party, now.declaration), ...statementMessages(inItsRound, party)];
}

function stop(code: "STATEMENT_INPUTS_DIFFER" | "STATEMENT_SIGNATURE", region: string): Step {
  return { change: { state: "differs", reason: stopped(code, region, { region, value: region }) } };
}

/** Figures of all third regions, which enter the declaration beside those of the two sides. */
export function thirdFigures({ thirds = {} }: Settlement): Figures[] {
  return Object.values(thirds).flatMap(({ figures }) => figures ?? []);
}

export type Mail = { readonly to: string; readonly message: ThirdMessage };

/** A step that changes this and owes messages to several regions; one commit. */
export function mailed(
  deps: Pick<ProcessDeps, "runtime">,
  now: Settlement,
  change: Partial<Settlement>,
  mails: readonly Mail[],
): Step {
  const post = mailing(deps, now, mails);
  return {
    change,
    refs: post.refs,
    also: (tx) => {
      post.enqueue(tx);
      return ok({});
    },
  };
}

/** Ids are given before the commit: a decider may run again, and must then owe the same messages. */
export function mailing(
  { runtime }: Pick<ProcessDeps, "runtime">,
  { agreementId, periodId }: Pick<Settlement, "agreementId" | "periodId">,
  mails: readonly Mail[],
): { readonly refs: readonly AnyRef[]; readonly enqueue: (tx: Tx) => void } {
  const lane = `settlement/${agreementId}/${periodId}`;
  const createdAt = instantOf(runtime.nowMs());
  const traceId = newTraceId(runtime);
  const sealed = mails.map(({ to, message: { kind, body } }) => ({
    ...{ id: newUlid(runtime), peer: to, binding: "grpc", lane, topic: "settlement", kind, createdAt, traceId },
    body: JSON.parse(JSON.stringify(body)) as Canonical,
  }));
  return {
    refs: sealed.flatMap(({ peer }) => enqueueRefs(peer, lane)),
    enqueue: (tx) => {
      for (const one of sealed) enqueue(tx, { ...one, binding: "grpc", topic: "settlement" });
    },
  };
}

/** A third region lays down figures of its own parties only: each figure by the region that knows it. Source: settlement.md §10. */
export function checkPartyFigures(terms: SettlementTerms, region: string, figures: Figures): Result<true> {
  const { others, shared } = splitFigures(terms, region, figures);
  const faults = [...others, ...shared];
  return faults.length === 0
    ? ok(true)
    : refuseProcess("SETTLEMENT_FIGURES", { value: faults.join(", ").slice(0, 400) });
}

/** The rows of one region's parties, as texts that can be compared; and what is in the figures besides. */
export function splitFigures(
  terms: SettlementTerms,
  region: string,
  { resources, costs, maxRevenueFen, caps, activeDays }: Figures,
): { readonly own: readonly string[]; readonly others: readonly string[]; readonly shared: readonly string[] } {
  const parties = new Set(partiesOfRegion(terms, region));
  const ownCosts = new Set((terms.costs ?? []).flatMap((cost) => (parties.has(cost.partyId) ? [cost.costId] : [])));
  const rows = [
    ...resources.map((row) => [parties.has(row.partyId), `${row.partyId}#${row.resource} ${row.quantity}`] as const),
    ...costs.map((row) => [ownCosts.has(row.costId), `${row.costId} ${row.declaredFen}`] as const),
    ...activeDays.map((row) => [parties.has(row.partyId), `${row.partyId} ${row.days}`] as const),
  ];
  return {
    own: rows.flatMap(([isOwn, text]) => (isOwn ? [text] : [])).sort(),
    others: rows.flatMap(([isOwn, text]) => (isOwn ? [] : [text])),
    shared: [...caps.map(({ productId }) => productId), ...(maxRevenueFen === null ? [] : ["maxRevenueFen"])],
  };
}

export function withThird(now: Settlement, party: string, change: Partial<ThirdSide>): Settlement {
  const before = now.thirds?.[party] ?? NOTHING_SAID;
  return { ...now, thirds: { ...now.thirds, [party]: { ...before, ...change } } };
}
