import type { Role } from "../identity/model.ts";
import { digestOf } from "../kernel/canonical-json.ts";
import { instantOf, msOf } from "../kernel/instant.ts";
import type { Reason } from "../kernel/reason.ts";
import { list, read } from "../storage/transact.ts";
import { termsOf } from "./build.ts";
import { deadlineOf } from "./due.ts";
import { openExceptions } from "./exceptions.ts";
import { type LedgerState, ledgerState } from "./ledger-close.ts";
import type { Declaration, Statement } from "./model.ts";
import type { ProcessDeps } from "./process.ts";
import type { ClosedPeriod, Differences, Settlement, StatementParty } from "./process-model.ts";
import { agreementBooks, closedPeriods, settlements } from "./store.ts";
import { isWitness } from "./third-region.ts";
import { byteOrder } from "./values.ts";

/** Who may read a statement, and with it what every party receives: nothing that tells the same is open to others. */
export const STATEMENT_READERS: readonly Role[] = ["finance", "auditor", "approver"];

export type SignatureView = { readonly region: string; readonly keyId: string; readonly signature: string };

/** One agreement in one period, as people, reports and programs see it. */
export type StatementView = {
  readonly agreementId: string;
  readonly periodId: string;
  readonly entryId: string;
  readonly entryName: string;
  readonly parties: readonly StatementParty[];
  readonly scheme: string;
  readonly peer: string;
  readonly provider: string;
  readonly consumer: string;
  readonly state: Settlement["state"];
  readonly reason: Reason | null;
  readonly round: string;
  readonly digest: string | null;
  readonly peerDigest: string | null;
  /** Both sides computed the same and signed it. */
  readonly matched: boolean;
  readonly statement: Statement | null;
  readonly signatures: readonly SignatureView[];
  readonly declaration: Declaration | null;
  readonly declarationDigest: string | null;
  readonly declarationSignatures: readonly SignatureView[];
  readonly differences: Differences | null;
  readonly signedAt: string | null;
  /** Audit leaf of the signed statement in this region's log. */
  readonly leafIndex: string | null;
};

export type PeriodView = {
  readonly periodId: string;
  readonly closed: ClosedPeriod | null;
  readonly settlements: readonly StatementView[];
  readonly lines: number;
  readonly grossFen: string;
  /** What each party's region gets of the signed statements. */
  readonly perRegion: readonly { readonly region: string; readonly fen: string }[];
  /** Per region: digest of the sorted array of its statement digests of the period. */
  readonly digests: { readonly [region: string]: string };
  readonly matched: boolean;
  /** Exactly what keeps the period from being closed: why, who has to act (`turn`), until when, where to look. */
  readonly blocking: readonly Block[];
  /** Whether something can still be posted into it, and why. */
  readonly ledger: LedgerState;
};

export type Block = Reason & {
  readonly agreementId: string;
  readonly since: string;
  /** Past `until`; the person who has to follow it up is this region's finance officer, whoever's turn it is. */
  readonly overdue: boolean;
  readonly link: string;
};

type ViewDeps = Pick<ProcessDeps, "store" | "region" | "runtime" | "rules" | "agreements" | "receipts" | "openCalls">;
type ClockDeps = Pick<ProcessDeps, "region" | "runtime" | "rules">;

export async function periodView(deps: ViewDeps, periodId: string, agreementId?: string): Promise<PeriodView> {
  const { store, region } = deps;
  const found: StatementView[] = [];
  const blocking: Block[] = [];
  for await (const settlement of list(store, settlements, [periodId])) {
    if (agreementId !== undefined && settlement.agreementId !== agreementId) continue;
    found.push(statementView(region, settlement));
    const block = blockOf(deps, settlement);
    if (block !== undefined) blocking.push(block);
  }
  blocking.push(...(await exceptionBlocks(deps, periodId, blocking, agreementId)));
  const signed = found.filter(({ matched }) => matched);
  const results = signed.flatMap(({ statement }) => statement?.result ?? []);
  const gross = results.reduce((sum, { amountFen }) => sum + BigInt(amountFen), 0n);
  return {
    periodId,
    closed: (await read(store, closedPeriods.at(periodId))) ?? null,
    settlements: found,
    lines: results.reduce((sum, { lines }) => sum + lines.length, 0),
    grossFen: gross.toString(),
    perRegion: perRegion(signed),
    digests: digestsOf(region, found),
    matched: found.length > 0 && found.every(({ matched }) => matched),
    blocking,
    ledger: await ledgerState(deps, periodId),
  };
}

/** Why a settlement is not signed by both, with the time that rules give whoever's turn it is. */
export function blockOf(deps: ClockDeps, settlement: Settlement): Block | undefined {
  const { reason, state, agreementId, periodId, peer, approvedAt, updatedAt } = settlement;
  if (state === "agreed" || reason === null) return undefined;
  const since = approvedAt ?? updatedAt;
  const due = deadlineOf(deps, msOf(since), peer);
  const until = reason.until ?? due?.until ?? null;
  return {
    ...{ ...reason, until, agreementId, since },
    rule: reason.until === null && due !== null ? due.rule : reason.rule,
    verified: due?.verified ?? reason.verified,
    overdue: until !== null && until <= instantOf(deps.runtime.nowMs()),
    link: `/console/settlements/${periodId}/${encodeURIComponent(agreementId)}`,
  };
}

/** What closing will wait for, also before anybody closes; a settlement that waits for it already says so itself. */
async function exceptionBlocks(
  deps: ViewDeps,
  periodId: string,
  said: readonly Block[],
  agreementId: string | undefined,
): Promise<Block[]> {
  const blocks: Block[] = [];
  const since = instantOf(deps.runtime.nowMs());
  for await (const agreement of deps.agreements.all()) {
    const { id, role } = agreement;
    if (role === "witness-party" || (agreementId !== undefined && id !== agreementId)) continue;
    const settlement = await read(deps.store, settlements.at(periodId, id));
    // Laid down, its receipts are those of the day it was closed; what is not among them is late, and blocks nothing.
    if (settlement !== undefined && (settlement.own !== null || settlement.isEarly)) continue;
    // After a later settlement it comes late too; without a price nothing of it is ever closed.
    const { lastPeriod = "" } = (await read(deps.store, agreementBooks.at(id))) ?? {};
    if (lastPeriod >= periodId || !(await termsOf(deps, id)).ok) continue;
    for (const exception of await openExceptions(deps, id, periodId, agreement)) {
      if (said.some((block) => block.agreementId === id && block.code === exception.code)) continue;
      const link = `/console/settlements/${periodId}/${encodeURIComponent(id)}`;
      blocks.push({ ...exception, agreementId: id, since, overdue: false, link });
    }
  }
  return blocks;
}

export function statementView(region: string, settlement: Settlement): StatementView {
  const { declaration, built, theirProposal, signature, peer } = settlement;
  const isAgreed = settlement.state === "agreed";
  return {
    agreementId: settlement.agreementId,
    periodId: settlement.periodId,
    entryId: settlement.entryId,
    entryName: settlement.entryName,
    parties: settlement.parties,
    scheme: settlement.scheme,
    peer,
    provider: settlement.provider,
    consumer: settlement.consumer,
    state: settlement.state,
    reason: settlement.reason,
    round: settlement.round,
    digest: built?.digest ?? null,
    peerDigest: isAgreed ? (built?.digest ?? null) : (theirProposal?.digest ?? null),
    matched: isAgreed,
    statement: built === null ? null : (JSON.parse(built.text) as Statement),
    signatures: sidesOf([{ region, side: signature }, ...othersSigned(settlement, region, "signature")]),
    declaration: declaration === null ? null : (JSON.parse(declaration.text) as Declaration),
    declarationDigest: declaration?.digest ?? null,
    declarationSignatures: sidesOf([
      { region, side: declaration?.signature ?? null },
      ...othersSigned(settlement, region, "declaration"),
    ]),
    differences: settlement.differences,
    signedAt: settlement.signedAt,
    leafIndex: settlement.leafIndex,
  };
}

type Side = { readonly keyId: string; readonly signature: string } | null;
type Signed = { readonly region: string; readonly side: Side };

/** Who else has signed: the other side and third regions, or, seen from a third region, both sides and further ones. */
function othersSigned(settlement: Settlement, region: string, what: "signature" | "declaration"): Signed[] {
  const { peer, theirSignature, theirDeclaration, thirds = {}, witness } = settlement;
  const entries = Object.entries<{ readonly [name in typeof what]: Side }>(witness?.sides ?? thirds);
  const signed = entries.map(([id, one]) => ({ region: id, side: one[what] }));
  if (isWitness(settlement, region)) {
    const others = what === "signature" ? Object.entries(witness?.others ?? {}) : [];
    return [...signed, ...others.map(([id, side]) => ({ region: id, side }))];
  }
  return [{ region: peer, side: what === "signature" ? theirSignature : theirDeclaration }, ...signed];
}

/** In the order of regions, so that all print the same. */
function sidesOf(sides: readonly Signed[]): SignatureView[] {
  return sides
    .flatMap((one) =>
      one.side === null ? [] : [{ region: one.region, keyId: one.side.keyId, signature: one.side.signature }],
    )
    .sort((a, b) => byteOrder(a.region, b.region));
}

function perRegion(signed: readonly StatementView[]): { region: string; fen: string }[] {
  const sums = new Map<string, bigint>();
  for (const { statement, parties } of signed) {
    const regions = new Map(parties.map(({ partyId, regionId }) => [partyId, regionId]));
    for (const { partyId, fen } of statement?.result.totals ?? []) {
      // Only a fund may be an outsider; its region is the first part of its id.
      const region = regions.get(partyId) ?? partyId.split(":")[0] ?? partyId;
      sums.set(region, (sums.get(region) ?? 0n) + BigInt(fen));
    }
  }
  return [...sums].sort(([a], [b]) => byteOrder(a, b)).map(([region, fen]) => ({ region, fen: fen.toString() }));
}

function digestsOf(region: string, views: readonly StatementView[]): { [region: string]: string } {
  const own = views.flatMap(({ digest }) => digest ?? []);
  const sides = new Map<string, string[]>([[region, own]]);
  for (const { peer, peerDigest } of views)
    if (peerDigest !== null) sides.set(peer, [...(sides.get(peer) ?? []), peerDigest]);
  return Object.fromEntries([...sides].map(([id, digests]) => [id, digestOf([...digests].sort(byteOrder))]));
}
