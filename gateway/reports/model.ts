import type { Audit } from "../../node/audit/service.ts";
import type { TrustView } from "../../node/identity/model.ts";
import { ok, type Result, refusals } from "../../node/kernel/exchange-error.ts";
import type { Language } from "../../node/kernel/text.ts";
import type { DisputeView } from "../../node/settlement/dispute-view.ts";
import type { PartyDerivation } from "../../node/settlement/insight/derivation.ts";
import type { StatementEquation } from "../../node/settlement/insight/equation-view.ts";
import type { Insight } from "../../node/settlement/insight/service.ts";
import type { Statement } from "../../node/settlement/model.ts";
import type { StatementView } from "../../node/settlement/period-view.ts";
import type { Settlements } from "../../node/settlement/service.ts";

/** A statement with both signatures. */
export type SignedStatement = StatementView & { readonly statement: Statement; readonly digest: string };

/** What all renderings are made of; the same model gives the same bytes. */
export type ReportModel = {
  /** Of headings, names and sentences; figures, ids and journals are the same in each. */
  readonly language: Language;
  readonly periodId: string;
  /** Whose report it is. */
  readonly region: string;
  readonly regionNames: { readonly [regionId: string]: string };
  /** When the last of the statements was signed; the date inside the files. */
  readonly signedAt: string;
  readonly statements: readonly SignedStatement[];
  /** By agreement: where the audit log holds the statement, as far as a checkpoint covers it by now. */
  readonly evidence: readonly Evidence[];
  /** By agreement: delivered = charged + capped + free quota + waived + exceptions; beside the signed statement, not in it. */
  readonly equations: readonly StatementEquation[];
  /** Each party's fen back to its lines, in words; of agreements whose statement computes to the same figures again. */
  readonly derivations: readonly PartyDerivation[];
  readonly disputes: readonly ReportDispute[];
};

export type ReportDispute = Pick<
  DisputeView,
  "id" | "agreementId" | "periodId" | "state" | "reason" | "openedBy" | "receiptIds" | "deadline"
>;

export type Evidence = {
  readonly agreementId: string;
  readonly leafIndex: string | null;
  /** C2SP tlog-proof text. */
  readonly proof: string | null;
};

export type ReportDeps = {
  readonly config: { readonly region: { readonly id: string; readonly name: string } };
  readonly trust: Pick<TrustView, "region">;
  readonly settlements: Pick<Settlements, "get" | "disputes">;
  readonly audit: Pick<Audit, "proof">;
  /** Without it the report says nothing of what was delivered beside the statement, and derives nothing in words. */
  readonly insight?: Pick<Insight, "equations" | "derivation">;
};

const refuse = refusals({ REPORT_NOTHING_SIGNED: "not-yet" });

export async function reportModelOf(
  deps: ReportDeps,
  periodId: string,
  agreementId?: string,
  language: Language = "zh",
): Promise<Result<ReportModel>> {
  const signed = await signedIn(deps, periodId, agreementId);
  if (!signed.ok) return signed;
  const statements = signed.value;
  return ok({
    language,
    periodId,
    region: deps.config.region.id,
    regionNames: regionNamesOf(deps, statements),
    signedAt: lastSigned(statements),
    statements,
    evidence: await Promise.all(statements.map((one) => evidenceOf(deps, one))),
    equations: await equationsOf(deps, statements),
    derivations: await derivationsOf(deps, statements),
    disputes: disputesAbout(await deps.settlements.disputes(), statements),
  });
}

/** The statements of a period that all their regions have signed, or what keeps the first from it. */
export async function signedIn(
  { settlements }: Pick<ReportDeps, "settlements">,
  periodId: string,
  agreementId?: string,
): Promise<Result<readonly SignedStatement[]>> {
  const view = await settlements.get(periodId, agreementId);
  if (!view.ok) return view;
  const statements = view.value.settlements.flatMap((one): SignedStatement[] => {
    const { statement, digest } = one;
    return one.matched && statement !== null && digest !== null ? [{ ...one, statement, digest }] : [];
  });
  return statements.length === 0 ? nothingSigned(periodId, view.value.blocking[0]?.text) : ok(statements);
}

export function regionNamesOf(
  { config, trust }: Pick<ReportDeps, "config" | "trust">,
  statements: readonly SignedStatement[],
): ReportModel["regionNames"] {
  const { id: region, name } = config.region;
  const regions = new Set(statements.flatMap((one) => [one.peer, ...one.parties.map(({ regionId }) => regionId)]));
  const known = [...regions].flatMap((one) => {
    const trusted = trust.region(one);
    return trusted === undefined ? [] : [[one, trusted.name] as const];
  });
  return { ...Object.fromEntries(known), [region]: name };
}

export function lastSigned(statements: readonly SignedStatement[]): string {
  return statements.map(({ signedAt }) => signedAt ?? "").reduce((a, b) => (a > b ? a : b), "");
}

/** Of what is reported alone: an agreement that is not signed yet would stand in the sums beside totals that leave it out. */
async function equationsOf({ insight }: ReportDeps, statements: readonly SignedStatement[]) {
  const found = await Promise.all(
    statements.map(({ periodId, agreementId }) => insight?.equations(periodId, agreementId)),
  );
  return found.flatMap((one) => one ?? []);
}

/** A derivation that would give other figures than those signed is refused there, and left out here. */
async function derivationsOf({ insight }: ReportDeps, statements: readonly SignedStatement[]) {
  const found = await Promise.all(
    statements.map(({ periodId, agreementId }) => insight?.derivation(periodId, agreementId)),
  );
  return found.flatMap((one) => (one?.ok === true ? one.value : []));
}

/** About receipts that these statements hold or leave out. */
export function disputesAbout(all: readonly DisputeView[], statements: readonly SignedStatement[]): ReportDispute[] {
  const left = new Set(statements.flatMap(({ statement }) => statement.disputedReceiptIds));
  const own = new Set(statements.map(({ agreementId, periodId }) => `${agreementId}/${periodId}`));
  return all
    .filter(
      ({ agreementId, periodId, receiptIds }) =>
        own.has(`${agreementId}/${periodId}`) || receiptIds.some((id) => left.has(id)),
    )
    .map(({ id, agreementId, periodId, state, reason, openedBy, receiptIds, deadline }) => ({
      ...{ id, agreementId, periodId, state, reason, openedBy, receiptIds },
      deadline: deadline ?? null,
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function evidenceOf({ audit }: ReportDeps, { agreementId, leafIndex }: StatementView): Promise<Evidence> {
  if (leafIndex === null) return { agreementId, leafIndex, proof: null };
  // Not yet under a checkpoint is no reason to hold a report back; the place for it says so.
  const proof = await audit.proof(leafIndex);
  return { agreementId, leafIndex, proof: proof.ok ? proof.value : null };
}

function nothingSigned(periodId: string, why = { zh: "尚未关账。", en: "The period is not closed." }) {
  return refuse(
    "REPORT_NOTHING_SIGNED",
    {
      zh: `${periodId} 还没有双方签署的结算单,暂无报表:${why.zh}`,
      en: `${periodId} has no statement signed by both regions yet, so there is nothing to report: ${why.en}`,
    },
    { periodId },
  );
}
