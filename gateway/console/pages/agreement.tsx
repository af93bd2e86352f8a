import type { CatalogEntry } from "../../../node/catalog/model.ts";
import type { HeldReceipt, UsageTotals } from "../../../node/metering/model.ts";
import type { PartyEnd } from "../../../node/metering/party-end.ts";
import type { Agreement } from "../../../node/negotiation/model.ts";
import type { QuoteView } from "../../../node/settlement/insight/keep-quotes.ts";
import type { UsageView } from "../../../node/settlement/insight/usage-view.ts";
import type { CallsAnswer } from "../../../node/transfer/call-product.ts";
import type { Transfer } from "../../../node/transfer/model.ts";
import { Layout } from "../parts/layout.tsx";
import { ObjectionLink } from "../parts/objection-link.tsx";
import { ReceiptsTable } from "../parts/receipts-table.tsx";
import { AgreementBadge, TransferBadge } from "../parts/state-badge.tsx";
import { TermsTable } from "../parts/terms-table.tsx";
import { Time } from "../parts/time.tsx";
import { Usage } from "../parts/usage.tsx";
import { holds, type View } from "../view.ts";
import { Banner } from "./agreement-banner.tsx";
import { Document } from "./agreement-document.tsx";
import { Parties } from "./agreement-parties.tsx";
import { Quotes } from "./agreement-quotes.tsx";
import { LiveUsage } from "./agreement-usage.tsx";
import { CallForm } from "./call-form.tsx";

export type AgreementModel = {
  readonly agreement: Agreement;
  readonly entry: CatalogEntry | undefined;
  readonly totals: UsageTotals;
  /** Null where the reader may not see them. */
  readonly receipts: readonly HeldReceipt[] | null;
  readonly transfers: readonly Transfer[];
  /** Parties that have said to leave. */
  readonly left: readonly PartyEnd[];
  /** Undefined where the reader may not see figures. */
  readonly watched: { readonly usage: UsageView; readonly quotes: readonly QuoteView[] } | undefined;
  readonly answer?: CallsAnswer | undefined;
  readonly done?: string | undefined;
};

export function AgreementPage({ view, model }: { view: View; model: AgreementModel }) {
  const { agreement, entry, left, receipts, transfers, watched, done } = model;
  const t = view.t.agreement;
  const id = encodeURIComponent(agreement.id);
  return (
    <Layout view={view} title={agreement.entry.name} place="negotiations" done={done}>
      <header class="head">
        <div>
          <h1>{agreement.entry.name}</h1>
          <p class="quiet facts">
            <span>
              {view.t.negotiation.direction(view.nameOf(agreement.consumer), view.nameOf(agreement.provider))}
            </span>
            <span>{agreement.id}</span>
            <span>
              {agreement.role === "witness-party" ? (
                t.witness
              ) : (
                <a href={`/console/negotiations/${encodeURIComponent(agreement.negotiationId)}`}>{t.negotiation}</a>
              )}
            </span>
            <span>
              <a href={`/console/audit?agreement=${id}`}>{t.audit}</a>
            </span>
            {agreement.role === "witness-party" ? null : (
              <span>
                <ObjectionLink view={view} isConsumer={agreement.role === "consumer"} agreement={agreement.id} />
              </span>
            )}
          </p>
        </div>
        <AgreementBadge view={view} status={agreement.status} isBig />
      </header>
      <Banner view={view} agreement={agreement} entry={entry} />
      <div class="columns wide-left">
        <div>
          <section class="card">
            <h2 class="card-header">{view.t.negotiation.terms}</h2>
            <TermsTable view={view} terms={agreement.terms} entry={entry} heading={t.content} />
          </section>
          {watched === undefined || agreement.terms.price === null || agreement.role === "witness-party" ? null : (
            <Quotes view={view} agreement={agreement} quotes={watched.quotes} />
          )}
          <section class="card">
            <h2 class="card-header">{t.receipts}</h2>
            <ReceiptsTable view={view} receipts={receipts} />
            {receipts === null || receipts.length === 0 ? null : (
              <p class="card-footer">
                <a href={`/console/receipts?agreement=${id}`}>{view.t.agreement.allReceipts}</a>
              </p>
            )}
          </section>
        </div>
        <div>
          <UsageOf view={view} model={model} />
          <Parties view={view} agreement={agreement} left={left} />
          <Document view={view} agreement={agreement} />
          <Transfers view={view} transfers={transfers} />
          {mayCall(view, agreement, entry) && entry !== undefined ? (
            <CallForm view={view} agreement={agreement} entry={entry} answer={model.answer} />
          ) : null}
        </div>
      </div>
    </Layout>
  );
}

/** A region that is only paid by it sees no receipts, and so no usage. */
function UsageOf({ view, model: { agreement, entry, totals, watched } }: { view: View; model: AgreementModel }) {
  if (agreement.role === "witness-party") return null;
  if (watched !== undefined) return <LiveUsage view={view} agreement={agreement} usage={watched.usage} />;
  const { limits } = agreement.terms;
  return <Usage view={view} totals={totals} limits={limits} isProduct={entry?.kind === "product"} />;
}

function mayCall(view: View, { role, status }: Agreement, entry: CatalogEntry | undefined): boolean {
  return role === "consumer" && status === "in-force" && entry?.kind === "product" && holds(view, "requester");
}

function Transfers({ view, transfers }: { view: View; transfers: readonly Transfer[] }) {
  if (transfers.length === 0) return null;
  return (
    <section class="card">
      <h2 class="card-header">{view.t.agreement.transfers}</h2>
      <ul class="card-body lines">
        {transfers.map(({ id, state, createdAt }) => (
          <li>
            <a href={`/console/transfers/${encodeURIComponent(id)}`}>
              <Time view={view} at={createdAt} />
            </a>{" "}
            <TransferBadge view={view} state={state} />
          </li>
        ))}
      </ul>
    </section>
  );
}
