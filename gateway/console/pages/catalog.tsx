import { type CatalogEntry, catalogEntrySchema, type ImportReport } from "../../../node/catalog/model.ts";
import type { Catalog } from "../../../node/catalog/service.ts";
import { label } from "../labels.ts";
import { Confirm } from "../parts/confirm.tsx";
import { FormToken } from "../parts/form-token.tsx";
import { Layout } from "../parts/layout.tsx";
import { ReasonLine } from "../parts/reason.tsx";
import { SharingBadge } from "../parts/sharing-badge.tsx";
import { Tabs } from "../parts/tabs.tsx";
import { holds, type View } from "../view.ts";
import { ImportReportView } from "./import-report.tsx";

export type CatalogModel = {
  readonly items: readonly CatalogEntry[];
  readonly next: string | null;
  readonly status: string | undefined;
  readonly counts: { readonly published: string; readonly reviewing: string };
  readonly waiting: Awaited<ReturnType<Catalog["waiting"]>>;
  readonly report: ImportReport | undefined;
  readonly done: string | undefined;
};

const EXPORTS = ["xlsx", "csv", "json", "dcat"] as const;

export function CatalogPage({ view, model }: { view: View; model: CatalogModel }) {
  const t = view.t.catalog;
  const { counts, waiting, report, done } = model;
  return (
    <Layout view={view} title={t.title} place="catalog" done={done}>
      <header class="head">
        <h1>{t.lead(counts.published, counts.reviewing)}</h1>
        <p class="actions">
          {holds(view, "publisher") ? (
            <a class="btn btn-sm btn-primary" href="#import">
              {t.import}
            </a>
          ) : null}
          {holds(view, "publisher", "admin", "auditor") ? (
            <a class="btn btn-sm" href="/console/sources">
              {view.t.sources.title}
            </a>
          ) : null}
          <span class="quiet">{t.export}</span>
          {EXPORTS.map((format) => (
            <a class="btn btn-sm" href={`/console/catalog/export?format=${format}`}>
              {format.toUpperCase()}
            </a>
          ))}
        </p>
      </header>
      {waiting.map(({ id, entries, reason }) => (
        <section class="banner">
          <p>
            <strong>{t.waiting(entries)}</strong> · <ReasonLine view={view} reason={reason} />
          </p>
          <div class="actions">
            <Confirm
              view={view}
              action={`/console/catalog/imports/${encodeURIComponent(id)}/confirm`}
              label={t.confirmImport}
              willHappen={t.confirmWill(entries)}
              confirm={view.t.negotiation.confirm}
              tone="primary"
            />
          </div>
        </section>
      ))}
      {report === undefined ? null : <ImportReportView view={view} report={report} />}
      <Entries view={view} model={model} />
      <section class="card" id="import">
        <h2 class="card-header">{t.importTitle}</h2>
        <div class="card-body">{holds(view, "publisher") ? <ImportForm view={view} /> : <p>{t.needsPublisher}</p>}</div>
      </section>
    </Layout>
  );
}

function Entries({ view, model: { items, next, status } }: { view: View; model: CatalogModel }) {
  const t = view.t.catalog;
  const statuses: { readonly [status: string]: string } = t.statuses;
  return (
    <>
      <Tabs
        current={status ?? ""}
        tabs={[
          { id: "", href: "/console/catalog", word: t.all },
          ...catalogEntrySchema.shape.status.options.map((one) => ({
            id: one,
            href: `/console/catalog?status=${one}`,
            word: t.statuses[one],
          })),
        ]}
      />
      <section class="card">
        {items.length === 0 ? (
          <p class="card-body">{status === undefined ? t.empty : t.emptyStatus(statuses[status] ?? status)}</p>
        ) : (
          <div class="scroll">
            <table class="table">
              <thead>
                <tr>
                  <th scope="col">{t.entry}</th>
                  <th scope="col">{view.t.entry.provider}</th>
                  <th scope="col">{view.t.search.sharing}</th>
                  <th scope="col">{view.t.entry.frequency}</th>
                  <th scope="col">{t.modified}</th>
                  <th scope="col">{t.status}</th>
                </tr>
              </thead>
              <tbody>
                {items.map((entry) => (
                  <tr>
                    <th scope="row">
                      <a href={`/console/catalog/${encodeURIComponent(entry.id)}`}>{entry.name}</a>
                      <small class="quiet block">{entry.id}</small>
                    </th>
                    <td>{entry.provider.name}</td>
                    <td>
                      <SharingBadge view={view} sharing={entry.sharing.attribute} kind={entry.kind} />
                    </td>
                    <td class="keep">{label(view, "updateFrequency", entry.updateFrequency)}</td>
                    <td class="keep">{entry.modified}</td>
                    <td class="keep">{t.statuses[entry.status]}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
        {next === null ? null : (
          <p class="card-footer">
            <a href={`/console/catalog?${new URLSearchParams({ after: next, ...(status && { status }) })}`}>{t.next}</a>
          </p>
        )}
      </section>
    </>
  );
}

function ImportForm({ view }: { view: View }) {
  const t = view.t.catalog;
  return (
    <form method="post" action="/console/catalog/import" enctype="multipart/form-data">
      <FormToken view={view} />
      <label class="form-label" for="file">
        {t.file}
      </label>
      <input class="form-control" id="file" name="file" type="file" accept=".csv,.xlsx,.json,.jsonld" required />
      <label class="form-check">
        <input class="form-check-input" type="checkbox" name="asPublished" value="true" />
        <span class="form-check-label">{t.asPublished}</span>
      </label>
      <label class="form-check">
        <input class="form-check-input" type="checkbox" name="partial" value="true" />
        <span class="form-check-label">{t.partial}</span>
      </label>
      <p class="form-hint">{t.importWill}</p>
      <p class="actions">
        <button type="submit" name="action" value="validate" class="btn">
          {t.validate}
        </button>
        <button type="submit" name="action" value="import" class="btn btn-primary">
          {t.import}
        </button>
      </p>
    </form>
  );
}
