import type { HeldReceipt, UsageTotals } from "../../../node/metering/model.ts";
import type { Agreement } from "../../../node/negotiation/model.ts";
import type { Transfer } from "../../../node/transfer/model.ts";
import { quantity } from "../../reports/money.ts";
import { bytes } from "../format.ts";
import { Cards } from "../parts/cards.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Layout } from "../parts/layout.tsx";
import { ObjectionLink } from "../parts/objection-link.tsx";
import { Due, Rule } from "../parts/reason.tsx";
import { ReceiptsTable } from "../parts/receipts-table.tsx";
import { TransferBadge } from "../parts/state-badge.tsx";
import { Time } from "../parts/time.tsx";
import { Usage } from "../parts/usage.tsx";
import { holds, say, type View } from "../view.ts";

export type TransferModel = {
  readonly transfer: Transfer;
  readonly agreement: Agreement | undefined;
  readonly totals: UsageTotals;
  /** Null where the reader may not see them. */
  readonly receipts: readonly HeldReceipt[] | null;
  readonly done: string | undefined;
};

export function TransferPage({ view, model }: { view: View; model: TransferModel }) {
  const { transfer, agreement, totals, receipts, done } = model;
  const t = view.t.transfer;
  const [own, other] = [view.region.name, view.nameOf(transfer.peer)];
  const direction = view.t.negotiation.direction;
  return (
    <Layout view={view} title={transfer.entry.name} place="transfers" done={done}>
      <header class="head">
        <div>
          <h1>{transfer.entry.name}</h1>
          <p class="quiet facts">
            <span>{transfer.role === "provider" ? direction(own, other) : direction(other, own)}</span>
            <span>
              <a href={`/console/agreements/${encodeURIComponent(transfer.agreementId)}`}>{t.agreement}</a>
            </span>
            <span>
              <a href={`/console/audit?subject=${encodeURIComponent(transfer.id)}`}>{view.t.agreement.audit}</a>
            </span>
            <span>
              <ObjectionLink
                view={view}
                isConsumer={transfer.role === "consumer"}
                agreement={transfer.agreementId}
                about={{ transfer: transfer.id }}
              />
            </span>
          </p>
        </div>
        <TransferBadge view={view} state={transfer.state} isBig />
      </header>
      <div id="live" {...liveWhile(transfer)}>
        <Banner view={view} transfer={transfer} />
        <Cards
          cards={[
            [t.rows, quantity(transfer.rows)],
            [t.bytes, bytes(transfer.bytes)],
            [t.batches, quantity(transfer.batches)],
            [t.receipts, quantity(transfer.receipts)],
          ]}
        />
      </div>
      <div class="columns wide-left">
        <section class="card">
          <h2 class="card-header">{view.t.agreement.receipts}</h2>
          <ReceiptsTable view={view} receipts={receipts} />
          {receipts === null || receipts.length === 0 ? null : (
            <p class="card-footer">
              <a href={`/console/receipts?agreement=${encodeURIComponent(transfer.agreementId)}`}>
                {view.t.agreement.allReceipts}
              </a>
            </p>
          )}
        </section>
        <div>
          {agreement === undefined ? null : (
            <Usage view={view} totals={totals} limits={agreement.terms.limits} isProduct={false} />
          )}
          <Timeline view={view} transfer={transfer} />
        </div>
      </div>
    </Layout>
  );
}

/** A page of a transfer under way renews its figures; without a script the reader reloads. */
function liveWhile({ id, state }: Transfer): object {
  if (state !== "REQUESTED" && state !== "STARTED") return {};
  return {
    "hx-get": `/console/transfers/${encodeURIComponent(id)}`,
    "hx-trigger": "every 2s",
    "hx-select": "#live",
    "hx-swap": "outerHTML",
  };
}

function Banner({ view, transfer }: { view: View; transfer: Transfer }) {
  const t = view.t.transfer;
  const { state, reason, sha256, role } = transfer;
  const tone = state === "COMPLETED" ? "good" : state === "TERMINATED" ? "bad" : "";
  return (
    <section class={`banner ${tone}`}>
      <p>
        <strong>{t.leads[state]}</strong>
        {reason === null ? null : (
          <>
            {` · ${say(view, reason.text)} `}
            <Due view={view} reason={reason} /> <Rule view={view} reason={reason} />
          </>
        )}
      </p>
      {sha256 === null ? null : (
        <p class="quiet">
          {t.sha256} <code>sha256:{sha256}</code>
        </p>
      )}
      <div class="actions">
        {role === "consumer" && state === "COMPLETED" && holds(view, "requester") ? (
          <a class="btn btn-sm btn-primary" href={`/console/transfers/${encodeURIComponent(transfer.id)}/content`}>
            {t.download}
          </a>
        ) : null}
        <Controls view={view} transfer={transfer} />
      </div>
    </section>
  );
}

function Controls({ view, transfer: { id, state, role } }: { view: View; transfer: Transfer }) {
  const t = view.t.transfer;
  if (state === "COMPLETED" || state === "TERMINATED") return null;
  const may = role === "consumer" ? holds(view, "requester", "approver") : holds(view, "publisher", "approver");
  if (!may) return <span class="quiet">{t.mayControl}</span>;
  const names = state === "SUSPENDED" ? (["resume", "terminate"] as const) : (["suspend", "terminate"] as const);
  return (
    <>
      {names.map((name) => (
        <Confirm
          view={view}
          action={`/console/transfers/${encodeURIComponent(id)}/${name}`}
          label={t[name]}
          willHappen={t[`${name}Will`]}
          confirm={view.t.negotiation.confirm}
          tone={name === "terminate" ? "danger" : undefined}
        />
      ))}
    </>
  );
}

function Timeline({ view, transfer }: { view: View; transfer: Transfer }) {
  const events: { readonly [event: string]: string } = view.t.transfer.events;
  const roles: { readonly [role: string]: string } = view.t.roles;
  return (
    <section class="card">
      <h2 class="card-header">{view.t.transfer.timeline}</h2>
      <ol class="card-body steps-list">
        {transfer.timeline.map(({ at, event, actor, comment }) => (
          <li>
            <strong>{events[event] ?? event}</strong>{" "}
            <small class="quiet">
              {roles[actor] ?? (actor === "node" ? view.t.negotiation.node : view.nameOf(actor.replace(/^peer:/, "")))}{" "}
              <Time view={view} at={at} />
            </small>
            {comment === null ? null : <p class="said">{comment}</p>}
          </li>
        ))}
      </ol>
    </section>
  );
}
