import { digestOf } from "../kernel/canonical-json.ts";
import type { Reason } from "../kernel/reason.ts";
import type { Store } from "../storage/port.ts";
import { list, read } from "../storage/transact.ts";
import type { Declaration, Statement } from "./model.ts";
import type { ClosedPeriod, Differences, Settlement, StatementParty } from "./process-model.ts";
import { closedPeriods, settlements } from "./store.ts";
import { byteOrder } from "./values.ts";

export type SignatureView = { readonly region: string; readonly keyId: string; readonly signature: string };

/** One agreement in one period, as people, reports and programs see it. */
export type StatementView = {
  readonly agreementId: string;
  readonly periodId: string;
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
  /** Why what is not signed is not. */
  readonly blocking: readonly (Reason & { readonly agreementId: string })[];
};

export async function periodView(
  store: Store,
  region: string,
  periodId: string,
  agreementId?: string,
): Promise<PeriodView> {
  const found: StatementView[] = [];
  for await (const settlement of list(store, settlements, [periodId])) {
    if (agreementId === undefined || settlement.agreementId === agreementId)
      found.push(statementView(region, settlement));
  }
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
    blocking: found.flatMap(({ reason, agreementId: id, matched }) =>
      matched || reason === null ? [] : [{ ...reason, agreementId: id }],
    ),
  };
}

export function statementView(region: string, settlement: Settlement): StatementView {
  const { declaration, theirDeclaration, built, theirProposal, signature, theirSignature, peer } = settlement;
  const isAgreed = settlement.state === "agreed";
  return {
    agreementId: settlement.agreementId,
    periodId: settlement.periodId,
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
    signatures: sidesOf(region, signature, peer, theirSignature),
    declaration: declaration === null ? null : (JSON.parse(declaration.text) as Declaration),
    declarationDigest: declaration?.digest ?? null,
    declarationSignatures: sidesOf(region, declaration?.signature ?? null, peer, theirDeclaration),
    differences: settlement.differences,
    signedAt: settlement.signedAt,
    leafIndex: settlement.leafIndex,
  };
}

type Side = { readonly keyId: string; readonly signature: string } | null;

/** In the order of regions, so that both print the same. */
function sidesOf(region: string, own: Side, peer: string, theirs: Side): SignatureView[] {
  const sides = [
    { region, side: own },
    { region: peer, side: theirs },
  ];
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
