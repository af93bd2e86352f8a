import type { NettingView } from "../../../node/payments/netting-service.ts";
import { yuan } from "../../reports/money.ts";
import { shortTime } from "../format.ts";
import { Confirm } from "../parts/confirm.tsx";
import { DigestText } from "../parts/digest-text.tsx";
import { FinanceTabs } from "../parts/finance-tabs.tsx";
import { Layout } from "../parts/layout.tsx";
import { ReasonLine } from "../parts/reason.tsx";
import { statementPath } from "../statement-paths.ts";
import { holds, type View } from "../view.ts";
import { NettingPayments } from "./netting-payments.tsx";

export type NettingModel = {
  readonly period: string;
  /** The newest last. */
  readonly plans: readonly NettingView[];
  /** The plan waits for a second person, and that may be this reader. */
  readonly mayApprove: boolean;
  readonly entryName: (agreementId: string) => string;
  readonly done: string | undefined;
};

/** Who pays whom for a period, as all regions computed and signed it. */
export function NettingPage({ view, model }: { view: View; model: NettingModel }) {
  const { period, plans, done } = model;
  const t = view.t.netting;
  const latest = plans.at(-1);
  return (
    <Layout view={view} title={t.title(period)} place="settlements" done={done}>
      <FinanceTabs view={view} current="periods" />
      <header class="head">
        <div>
          <h1>{leadOf(view, latest)}</h1>
          <p class="quiet facts">
            <span>
              <a href={`/console/settlements/${period}`}>{t.title(period)}</a>
            </span>
            {latest === undefined ? null : <span>{t.round(latest.round)}</span>}
          </p>
        </div>
      </header>
      <Turn view={view} model={model} latest={latest} />
      {[...plans].reverse().map((plan) => (
        <Plan view={view} model={model} plan={plan} />
      ))}
    </Layout>
  );
}

function leadOf({ t: { netting: t } }: View, latest: NettingView | undefined): string {
  if (latest === undefined) return t.none;
  // This region has paid; nobody here has to be told to.
  if (latest.reason?.code === "NETTING_WAITS_FOR_CONFIRMATION") return t.leadPaid;
  return t.leads[latest.state];
}

type TurnProps = { view: View; model: NettingModel; latest: NettingView | undefined };

function Turn({ view, model: { period, mayApprove }, latest }: TurnProps) {
  const t = view.t.netting;
  const action = `/console/settlements/${period}/net`;
  const common = { view, confirm: view.t.negotiation.confirm, tone: "primary" } as const;
  const isToAsk =
    latest === undefined || latest.state === "differs" || latest.reason?.code === "NETTING_WAITS_FOR_FINANCE";
  const isToApprove = latest?.reason?.code === "NETTING_WAITS_FOR_APPROVAL";
  const hasMore =
    latest !== undefined && latest.leftOut.length > 0 && (latest.state === "agreed" || latest.state === "paid");
  const isQuiet = latest !== undefined && (latest.state === "paid" || latest.reason === null);
  if (isQuiet && !hasMore) return null;
  return (
    <section class="banner">
      <p>
        {latest === undefined ? t.noneHint : null}
        {latest === undefined || latest.reason === null ? null : <ReasonLine view={view} reason={latest.reason} />}
      </p>
      <div class="actions">
        {isToAsk || hasMore ? (
          holds(view, "finance") ? (
            <Confirm {...common} action={action} label={t.ask} willHappen={t.askWill} />
          ) : (
            <span class="quiet">{t.needsFinance}</span>
          )
        ) : null}
        {isToApprove && mayApprove ? (
          <Confirm {...common} action={`${action}/approve`} label={t.approve} willHappen={t.approveWill} />
        ) : null}
        {isToApprove && !mayApprove ? (
          <span class="quiet">{holds(view, "finance", "approver") ? t.needsSecond : t.needsApprover}</span>
        ) : null}
      </div>
    </section>
  );
}

function Plan({ view, model, plan }: { view: View; model: NettingModel; plan: NettingView }) {
  const t = view.t.netting;
  const { round, positions, closedAt, leftOut } = plan;
  return (
    <>
      <div class="columns">
        <section class="card">
          <h2 class="card-header">
            {t.positions} · {t.round(round)}
          </h2>
          <ul class="card-body lines">
            {positions.length === 0 ? <li>—</li> : null}
            {positions.map(({ regionId, fen }) => (
              <li class="meter">
                <span>
                  {view.nameOf(regionId)} {fen === "0" ? t.even : fen.startsWith("-") ? t.pays : t.receives}
                </span>{" "}
                <strong class="num">{view.t.settlement.yuan(yuan(fen.replace("-", "")))}</strong>
              </li>
            ))}
            {closedAt === null ? null : <li>{t.closed(shortTime(closedAt, view.nowMs))}</li>}
            {leftOut.length === 0 ? null : <li class="quiet">{t.leftOut(leftOut.length)}</li>}
          </ul>
        </section>
        <Signed view={view} model={model} plan={plan} />
      </div>
      <NettingPayments view={view} plan={plan} />
    </>
  );
}

function Signed({ view, model, plan }: { view: View; model: NettingModel; plan: NettingView }) {
  const t = view.t.netting;
  const { regions, signatures, statements, digest, periodId, leafIndex } = plan;
  const missing = regions.filter((region) => !signatures.some((one) => one.region === region));
  return (
    <section class="card">
      <h2 class="card-header">{t.signatures}</h2>
      <ul class="card-body lines">
        {signatures.map(({ region, keyId, signature }) => (
          <li>
            <span class="dot live"></span>
            {view.t.settlement.signedBy(view.nameOf(region))} · {view.t.agreement.key} {keyId} ·{" "}
            <DigestText digest={signature} />
          </li>
        ))}
        {missing.map((region) => (
          <li>
            <span class="dot stale"></span>
            {t.missing(view.nameOf(region))}
          </li>
        ))}
        <li>
          {t.document} <DigestText digest={digest} />
          {leafIndex === null ? null : (
            <>
              {" "}
              · <a href={`/console/audit/${leafIndex}`}>{view.t.settlement.openLeaf}</a>
            </>
          )}
        </li>
        {statements.map(({ agreementId, digest: signed }) => (
          <li>
            <a href={statementPath({ periodId, agreementId })}>{model.entryName(agreementId)}</a>{" "}
            <DigestText digest={signed} />
          </li>
        ))}
      </ul>
    </section>
  );
}
