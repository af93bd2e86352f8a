import type { Result } from "../../../node/kernel/exchange-error.ts";
import type { HeldReceipt } from "../../../node/metering/model.ts";
import type { ReceiptCalls } from "../../../node/transfer/read-calls.ts";
import { shortId } from "../format.ts";
import { Layout } from "../parts/layout.tsx";
import { ObjectionLink } from "../parts/objection-link.tsx";
import { ReceiptsTable, usageText } from "../parts/receipts-table.tsx";
import { Time } from "../parts/time.tsx";
import type { View } from "../view.ts";
import { SingleCalls } from "./receipt-calls.tsx";

type ListProps = {
  view: View;
  receipts: readonly HeldReceipt[];
  asked: { readonly agreement?: string | undefined; readonly period?: string | undefined };
  next: string | null;
};

export function ReceiptsPage({ view, receipts, asked, next }: ListProps) {
  const t = view.t.agreement;
  const query = Object.entries(asked).filter((one): one is [string, string] => one[1] !== undefined);
  return (
    <Layout view={view} title={t.receipts} place="transfers">
      <header class="head">
        <div>
          <h1>{t.receipts}</h1>
          <p class="quiet facts">
            {query.map(([, value]) => (
              <span>{value}</span>
            ))}
          </p>
        </div>
      </header>
      <section class="card">
        <ReceiptsTable view={view} receipts={receipts} />
        {next === null ? null : (
          <p class="card-footer">
            <a href={`/console/receipts?${new URLSearchParams([...query, ["cursor", next]])}`}>
              {view.t.negotiation.next}
            </a>
          </p>
        )}
      </section>
    </Layout>
  );
}

type ReceiptProps = { view: View; receipt: HeldReceipt; calls: Result<ReceiptCalls> | undefined };

/** Where the way of a figure ends: what both regions signed. */
export function ReceiptPage({ view, receipt, calls }: ReceiptProps) {
  const t = view.t.agreement;
  const { core, coreDigest, providerSignature, consumerSignature, settledIn } = receipt;
  const isBatch = core.transferId.startsWith("urn:uuid:");
  return (
    <Layout view={view} title={`${t.receipt} ${core.seq}`} place="transfers">
      <header class="head">
        <h1>
          {t.receipt} {core.seq} · {consumerSignature === null ? t.signedOne : t.signedBoth}
        </h1>
      </header>
      <section class="card">
        <dl class="card-body facts-list">
          <dt>{t.amount}</dt>
          <dd>{usageText(view, core.usage)}</dd>
          <dt>{view.t.terms.purposes}</dt>
          <dd>
            {t.purposes[core.purposeClass]} · {t.kinds[core.kind]}
          </dd>
          <dt>{t.at}</dt>
          <dd>
            <Time view={view} at={core.startedAt} /> – <Time view={view} at={core.endedAt} />
          </dd>
          <dt>{t.period}</dt>
          <dd>
            {core.periodId}
            {settledIn === null ? null : (
              <>
                {" · "}
                <a href={`/console/settlements/${core.periodId}/${encodeURIComponent(core.agreementId)}`}>
                  {t.settled}
                </a>
              </>
            )}
          </dd>
          <dt>{view.t.transfer.agreement}</dt>
          <dd>
            <a href={`/console/agreements/${encodeURIComponent(core.agreementId)}`}>{core.agreementId}</a>
          </dd>
          <dt>{t.transfer}</dt>
          <dd>{isBatch ? <code>{shortId(core.transferId)}</code> : core.productId}</dd>
          <dt>{t.contentDigest}</dt>
          <dd>
            <code>{core.contentSha256}</code>
          </dd>
          <dt>{t.coreDigest}</dt>
          <dd>
            <code>{coreDigest}</code>
          </dd>
          <dt>{t.providerSignature}</dt>
          <dd>
            <code>{providerSignature}</code> {t.key} {core.providerKeyId}
          </dd>
          <dt>{t.consumerSignature}</dt>
          <dd>
            {consumerSignature === null ? t.notSigned : <code>{consumerSignature}</code>} {t.key} {core.consumerKeyId}
          </dd>
        </dl>
        <p class="card-footer">
          <a href={`/console/audit?agreement=${encodeURIComponent(core.agreementId)}`}>{t.audit}</a> ·{" "}
          <ObjectionLink
            view={view}
            isConsumer={core.consumerRegion === view.region.id}
            agreement={core.agreementId}
            about={{ receipt: core.seq }}
          />
        </p>
      </section>
      {calls === undefined ? null : <SingleCalls view={view} found={calls} />}
    </Layout>
  );
}
