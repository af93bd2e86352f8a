import type { PeriodView, StatementView } from "../../node/settlement/period-view.ts";
import { shortTime } from "./format.ts";
import { aside } from "./punctuation.ts";
import type { View } from "./view.ts";

export type RegionStanding = {
  readonly region: string;
  /** Statements that concern it, those it has computed, those it has signed. */
  readonly statements: number;
  readonly computed: number;
  readonly signed: number;
  readonly receivesFen: string;
  readonly digest: string | null;
  /** How many of the blocks wait for it. */
  readonly waits: number;
};

/** Where each region stands in a period, as this node knows it; the own region first. */
export function regionStandings(own: string, period: PeriodView): RegionStanding[] {
  const { settlements, perRegion, digests, blocking } = period;
  const regions = [...new Set([own, ...settlements.flatMap(regionsOf), ...perRegion.map(({ region }) => region)])];
  return regions.map((region) => {
    const concerned = settlements.filter((one) => region === own || regionsOf(one).includes(region));
    return {
      region,
      statements: concerned.length,
      computed: concerned.filter((one) => hasComputed(own, region, one)).length,
      signed: concerned.filter((one) => hasSigned(region, one)).length,
      receivesFen: perRegion.find((one) => one.region === region)?.fen ?? "0",
      digest: digests[region] ?? null,
      waits: blocking.filter(({ turn }) => turn?.region === region).length,
    };
  });
}

/** Both sides, and third regions whose parties are paid. */
function regionsOf({ peer, provider, consumer, parties }: StatementView): string[] {
  return [peer, provider, consumer, ...parties.map(({ regionId }) => regionId)];
}

function hasSigned(region: string, { signatures }: StatementView): boolean {
  return signatures.some((one) => one.region === region);
}

/** What a third region has computed is known once it signs. */
function hasComputed(own: string, region: string, one: StatementView): boolean {
  if (region === own) return one.digest !== null;
  return region === one.peer ? one.peerDigest !== null : hasSigned(region, one);
}

export function monthName({ t }: View, periodId: string): string {
  const [year = "", month = ""] = periodId.split("-");
  return t.settlement.month(year, String(Number(month)));
}

export function leadOf(view: View, { periodId, settlements, matched }: PeriodView): string {
  const { lead, leadOpen } = view.t.settlement;
  const open = settlements.filter((one) => !one.matched).length;
  const name = monthName(view, periodId);
  return matched || open === 0 ? lead(name) : leadOpen(name, open);
}

export function closedText(view: View, { closed }: PeriodView): string {
  if (closed === null) return "—";
  const t = view.t.settlement;
  return `${t.closedAt(shortTime(closed.closedAt, view.nowMs))}${closed.early ? aside(view, t.early) : ""}`;
}

/** Whether the ledger can still take postings of the period, and why. */
export function ledgerText({ t }: View, { ledger }: PeriodView): string {
  if (ledger.closed) return t.finance.ledgerClosed;
  return ledger.reason === null ? t.finance.ledgerReady : t.finance.ledgerOpen[ledger.reason];
}
