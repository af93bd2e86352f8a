import type { WrittenFigure } from "../close-form.ts";
import { FinanceTabs } from "../parts/finance-tabs.tsx";
import { FormToken } from "../parts/form-token.tsx";
import { Layout } from "../parts/layout.tsx";
import { monthName } from "../period-facts.ts";
import type { View } from "../view.ts";
import { type CloseModel, CloseRows } from "./close.tsx";

type Model = Omit<CloseModel, "written" | "fault"> & {
  readonly reason: string | undefined;
  readonly figures: readonly WrittenFigure[];
};

/** What closing does, before it is done; everything that was written stands here once more. */
export function CloseConfirmPage({ view, model }: { view: View; model: Model }) {
  const { period, isEarly, rows, reason, figures } = model;
  const t = view.t.close;
  return (
    <Layout view={view} title={t.title(period)} place="settlements">
      <FinanceTabs view={view} current="periods" />
      <header class="head">
        <h1>{t.confirmTitle(monthName(view, period))}</h1>
      </header>
      <section class="banner">
        <p>
          <strong>{t.willHappen}</strong>
        </p>
        <ol>
          <li>{t.will.compute}</li>
          <li>{t.will.differ}</li>
          <li>{t.will.final}</li>
        </ol>
        {reason === undefined ? null : (
          <p>
            {t.reason}
            {view.t.marks.colon}
            {reason}
          </p>
        )}
      </section>
      <CloseRows view={view} rows={rows} />
      <section class="card">
        <h2 class="card-header">{t.declared}</h2>
        {figures.length === 0 ? (
          <p class="card-body">{t.declaresNothing}</p>
        ) : (
          <dl class="card-body facts-list">
            {figures.map(({ field, written }) => (
              <>
                <dt>{field.label}</dt>
                <dd>{field.shown(written)}</dd>
              </>
            ))}
          </dl>
        )}
      </section>
      <form method="post" action="/console/settlements/close">
        <FormToken view={view} />
        <input type="hidden" name="period" value={period} />
        <input type="hidden" name="early" value={String(isEarly)} />
        {reason === undefined ? null : <input type="hidden" name="reason" value={reason} />}
        {figures.map(({ field, written }) => (
          <input type="hidden" name={field.name} value={written} />
        ))}
        <p class="actions">
          <button type="submit" class="btn btn-primary">
            {t.confirm}
          </button>
          <a class="btn" href={`/console/settlements/close?period=${period}`}>
            {t.back}
          </a>
        </p>
      </form>
    </Layout>
  );
}
