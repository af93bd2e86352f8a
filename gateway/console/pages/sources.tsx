import type { Source } from "../../../node/transfer/model.ts";
import type { SourceReport } from "../../../node/transfer/sources/check.ts";
import { Confirm } from "../parts/confirm.tsx";
import { FormToken } from "../parts/form-token.tsx";
import { Layout } from "../parts/layout.tsx";
import { joined, titled } from "../punctuation.ts";
import { holds, type View } from "../view.ts";

export type SourcesModel = {
  readonly sources: readonly Source[];
  /** Of the one that was just looked at. */
  readonly report?: SourceReport | undefined;
  readonly done?: string | undefined;
};

/** What entries are made of; where a secret is needed only its reference is kept, and none is shown. */
export function SourcesPage({ view, model: { sources, report, done } }: { view: View; model: SourcesModel }) {
  const t = view.t.sources;
  return (
    <Layout view={view} title={t.title} place="catalog" done={done}>
      <header class="head">
        <h1>{t.lead(sources.length)}</h1>
        {holds(view, "publisher") ? null : <small class="quiet">{t.mayRemove}</small>}
      </header>
      {report === undefined ? null : <Report view={view} report={report} />}
      <section class="card scroll">
        {sources.length === 0 ? <p class="card-body">{t.none}</p> : <Table view={view} sources={sources} />}
      </section>
    </Layout>
  );
}

function Report({ view, report }: { view: View; report: SourceReport }) {
  const t = view.t.sources;
  const { missing, columns, undescribed } = report;
  return (
    <section class={`banner ${missing.length === 0 ? "good" : "bad"}`} role="status">
      <p>
        <strong>
          {titled(view, report.id, missing.length === 0 ? t.good(columns.length) : t.missing(joined(view, missing)))}
        </strong>
      </p>
      {undescribed.length === 0 ? null : <p class="quiet">{t.undescribed(joined(view, undescribed))}</p>}
    </section>
  );
}

function Table({ view, sources }: { view: View; sources: readonly Source[] }) {
  const t = view.t.sources;
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">{t.id}</th>
          <th scope="col">{t.entry}</th>
          <th scope="col">{t.kind}</th>
          <td></td>
        </tr>
      </thead>
      <tbody>
        {sources.map(({ id, entryId, kind }) => (
          <tr>
            <th scope="row">{id}</th>
            <td>
              <a href={`/console/entries/${view.region.id}/${encodeURIComponent(entryId)}`}>{entryId}</a>
            </td>
            <td>{t.kinds[kind]}</td>
            <td>
              <div class="actions">
                {holds(view, "publisher", "admin") ? (
                  <form method="post" action={`/console/sources/${encodeURIComponent(id)}/check`}>
                    <FormToken view={view} />
                    <button type="submit" class="btn btn-sm btn-outline-primary">
                      {t.check}
                    </button>
                  </form>
                ) : null}
                {holds(view, "publisher") ? (
                  <Confirm
                    view={view}
                    action={`/console/sources/${encodeURIComponent(id)}/remove`}
                    label={t.remove}
                    willHappen={t.removeWill}
                    confirm={view.t.negotiation.confirm}
                    tone="danger"
                  />
                ) : null}
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
