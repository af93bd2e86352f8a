import type { CatalogEntry } from "../../../node/catalog/model.ts";
import type { MetadataScore } from "../../../node/catalog/quality.ts";
import type { StepRecord } from "../../../node/catalog/store.ts";
import { CommentField, Confirm } from "../parts/confirm.tsx";
import { Layout } from "../parts/layout.tsx";
import { Time } from "../parts/time.tsx";
import { joined, titled } from "../punctuation.ts";
import { holds, type View } from "../view.ts";

export type OwnEntryModel = {
  readonly entry: CatalogEntry;
  readonly steps: readonly StepRecord[];
  readonly quality: MetadataScore | undefined;
  readonly done: string | undefined;
};

function isPending({ status }: CatalogEntry): boolean {
  return status === "draft" || status === "reviewing" || status === "submitted";
}

/** An entry of this region as its keepers see it: where it stands, what may be done, what is missing. */
export function OwnEntryPage({ view, model }: { view: View; model: OwnEntryModel }) {
  const { entry, steps, quality, done } = model;
  const t = view.t.catalog;
  const attributes: { readonly [path: string]: string } = t.attributes;
  const step = isPending(entry) ? t.publish : entry.status === "published" ? t.withdraw : undefined;
  const base = `/console/catalog/${encodeURIComponent(entry.id)}`;
  const mayMove = entry.status === "draft" ? holds(view, "publisher") : holds(view, "approver");
  return (
    <Layout view={view} title={entry.name} place="catalog" done={done}>
      <header class="head">
        <div>
          <h1>
            {entry.name} · {t.statuses[entry.status]}
          </h1>
          <p class="quiet facts">
            <span>{entry.id}</span>
            <span>{entry.provider.name}</span>
            <span>
              <a href={`/console/entries/${view.region.id}/${encodeURIComponent(entry.id)}`}>{t.view}</a>
            </span>
            <span>
              <a href={`/console/audit?subject=${encodeURIComponent(entry.id)}`}>{view.t.agreement.audit}</a>
            </span>
          </p>
        </div>
      </header>
      <section class="banner">
        <div class="actions">
          {isPending(entry) && mayMove ? (
            <Confirm
              view={view}
              action={`${base}/publish`}
              label={t.publish}
              willHappen={t.publishWill}
              confirm={view.t.negotiation.confirm}
              tone="primary"
            />
          ) : null}
          {entry.status === "published" && holds(view, "approver") ? (
            <Confirm
              view={view}
              action={`${base}/withdraw`}
              label={t.withdraw}
              willHappen={t.withdrawWill}
              confirm={view.t.negotiation.confirm}
              tone="danger"
            >
              <CommentField id="reason" name="reason" label={t.reason} isRequired />
            </Confirm>
          ) : null}
          {holds(view, "approver") || step === undefined || (isPending(entry) && mayMove) ? null : (
            <span class="quiet">{titled(view, step, view.t.negotiation.mayNot.role(view.t.roles.approver))}</span>
          )}
        </div>
        {quality === undefined ? null : (
          <p class="quiet">
            {t.quality(`${quality.filled} / ${quality.of}`)}
            {quality.missing.length === 0
              ? ""
              : ` · ${titled(
                  view,
                  t.missing,
                  joined(
                    view,
                    quality.missing.map((path) => attributes[path] ?? path),
                  ),
                )}`}
          </p>
        )}
      </section>
      <p class="abstract">{entry.abstract}</p>
      <section class="card">
        <h2 class="card-header">{t.steps}</h2>
        <ol class="card-body steps-list">
          {steps.map((step) => (
            <Step view={view} step={step} />
          ))}
        </ol>
      </section>
    </Layout>
  );
}

function Step({ view, step: { at, to, role, version, comment } }: { view: View; step: StepRecord }) {
  const statuses: { readonly [status: string]: string } = view.t.catalog.statuses;
  const roles: { readonly [role: string]: string } = view.t.roles;
  return (
    <li>
      <strong>{statuses[to] ?? to}</strong>{" "}
      <small class="quiet">
        {roles[role] ?? view.t.negotiation.node} · {view.t.entry.version} {version} · <Time view={view} at={at} />
      </small>
      {comment === null ? null : <p class="said">{comment}</p>}
    </li>
  );
}
