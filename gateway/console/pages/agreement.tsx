import type { CatalogEntry } from "../../../node/catalog/model.ts";
import type { HeldReceipt, UsageTotals } from "../../../node/metering/model.ts";
import type { Agreement } from "../../../node/negotiation/model.ts";
import type { CallsAnswer } from "../../../node/transfer/call-product.ts";
import type { Transfer } from "../../../node/transfer/model.ts";
import { CommentField, Confirm } from "../parts/confirm.tsx";
import { DigestText } from "../parts/digest-text.tsx";
import { Layout } from "../parts/layout.tsx";
import { ReceiptsTable } from "../parts/receipts-table.tsx";
import { AgreementBadge, TransferBadge } from "../parts/state-badge.tsx";
import { TermsTable } from "../parts/terms-table.tsx";
import { Time } from "../parts/time.tsx";
import { Usage } from "../parts/usage.tsx";
import { titled } from "../punctuation.ts";
import { lastDay } from "../term-rows.ts";
import { holds, say, type View } from "../view.ts";
import { CallForm } from "./call-form.tsx";

export type AgreementModel = {
  readonly agreement: Agreement;
  readonly entry: CatalogEntry | undefined;
  readonly totals: UsageTotals;
  /** Null where the reader may not see them. */
  readonly receipts: readonly HeldReceipt[] | null;
  readonly transfers: readonly Transfer[];
  readonly answer?: CallsAnswer | undefined;
  readonly done?: string | undefined;
};

export function AgreementPage({ view, model }: { view: View; model: AgreementModel }) {
  const { agreement, entry, totals, receipts, transfers, done } = model;
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
          <Usage view={view} totals={totals} limits={agreement.terms.limits} isProduct={entry?.kind === "product"} />
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

function mayCall(view: View, { role, status }: Agreement, entry: CatalogEntry | undefined): boolean {
  return role === "consumer" && status === "in-force" && entry?.kind === "product" && holds(view, "requester");
}

type BannerProps = { view: View; agreement: Agreement; entry: CatalogEntry | undefined };

function Banner({ view, agreement, entry }: BannerProps) {
  const t = view.t.agreement;
  const { status, role, terms, peer, reason } = agreement;
  const base = `/console/agreements/${encodeURIComponent(agreement.id)}`;
  const isAlive = status === "in-force";
  const isData = entry?.kind !== "product";
  const name = view.nameOf(peer);
  return (
    <section class={`banner ${isAlive ? "good" : ""}`}>
      <p>
        <strong>{t.lead[status]}</strong>
        {isAlive ? ` · ${t.until(lastDay(terms.validTo))}` : null}
        {reason === null ? null : ` · ${say(view, reason.text)}`}
        {terms.channel === "heliu" ? null : ` · ${t.outside}`}
      </p>
      <div class="actions">
        {isAlive && role === "consumer" && isData && terms.channel === "heliu" ? (
          holds(view, "requester") ? (
            <Confirm
              view={view}
              action={`${base}/transfer`}
              label={t.start}
              willHappen={t.startWill(name)}
              confirm={view.t.negotiation.confirm}
              tone="primary"
            />
          ) : (
            <span class="quiet">{titled(view, t.start, view.t.negotiation.mayNot.role(view.t.roles.requester))}</span>
          )
        ) : null}
        {status === "pending" && reason?.turn?.region === view.region.id && role === "witness-party" ? (
          <Cosign view={view} base={base} />
        ) : null}
        {isAlive && role !== "witness-party" && holds(view, "approver") ? (
          <Confirm
            view={view}
            action={`${base}/terminate`}
            label={t.terminate}
            willHappen={t.terminateWill(name)}
            confirm={view.t.negotiation.confirm}
            tone="danger"
          >
            <CommentField id="comment-end" name="comment" label={view.t.negotiation.reasonText} isRequired />
          </Confirm>
        ) : null}
      </div>
    </section>
  );
}

/** For an approver of a region that is only paid by the agreement: its yes or no. */
function Cosign({ view, base }: { view: View; base: string }) {
  const t = view.t.agreement;
  const { confirm, mayNot, reasonText } = view.t.negotiation;
  if (!holds(view, "approver")) {
    return <span class="quiet">{titled(view, t.cosign, mayNot.role(view.t.roles.approver))}</span>;
  }
  return (
    <>
      <Confirm
        view={view}
        action={`${base}/sign`}
        label={t.cosign}
        willHappen={t.cosignWill}
        confirm={confirm}
        tone="primary"
      />
      <Confirm
        view={view}
        action={`${base}/refuse`}
        label={t.refuseToSign}
        willHappen={t.refuseToSignWill}
        confirm={confirm}
        tone="danger"
      >
        <CommentField id="comment-refuse" name="comment" label={reasonText} isRequired />
      </Confirm>
    </>
  );
}

function Document({ view, agreement }: { view: View; agreement: Agreement }) {
  const t = view.t.agreement;
  const {
    digest,
    providerKeyId,
    providerSignature,
    consumerKeyId,
    consumerSignature,
    partySignatures = [],
  } = agreement;
  return (
    <section class="card">
      <h2 class="card-header">{t.document}</h2>
      <dl class="card-body facts-list stacked">
        <dt>{t.digest}</dt>
        <dd>
          <code>{digest}</code>
        </dd>
        <dt>{t.providerSignature}</dt>
        <dd>
          <DigestText digest={providerSignature} /> {t.key} {providerKeyId}
        </dd>
        <dt>{t.consumerSignature}</dt>
        <dd>
          {consumerSignature === null ? (
            t.notSigned
          ) : (
            <>
              <DigestText digest={consumerSignature} /> {t.key} {consumerKeyId}
            </>
          )}
        </dd>
        {partySignatures.map(({ region, keyId, signature }) => (
          <>
            <dt>
              {t.partySignature} · {view.nameOf(region)}
            </dt>
            <dd>
              <DigestText digest={signature} /> {t.key} {keyId}
            </dd>
          </>
        ))}
      </dl>
      <p class="card-footer">
        <a href={`/console/agreements/${encodeURIComponent(agreement.id)}/document`}>{t.download}</a>
      </p>
    </section>
  );
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
