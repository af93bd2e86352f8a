import type { Agreement } from "../../../node/negotiation/model.ts";
import { Layout } from "../parts/layout.tsx";
import { AgreementBadge } from "../parts/state-badge.tsx";
import { Time } from "../parts/time.tsx";
import { lastDay } from "../term-rows.ts";
import type { View } from "../view.ts";

type Props = { view: View; items: readonly Agreement[]; next: string | null };

export function AgreementsPage({ view, items, next }: Props) {
  const t = view.t.negotiation;
  return (
    <Layout view={view} title={t.agreementsTitle} place="negotiations">
      <header class="head">
        <h1>{t.agreementsTitle}</h1>
        <a class="btn btn-sm" href="/console/negotiations">
          {t.title}
        </a>
      </header>
      <section class="card">
        {items.length === 0 ? (
          <p class="card-body">{t.emptyAgreements}</p>
        ) : (
          <div class="scroll">
            <table class="table">
              <thead>
                <tr>
                  <th scope="col">{t.entry}</th>
                  <th scope="col">{t.parties}</th>
                  <th scope="col">{t.state}</th>
                  <th scope="col">{view.t.terms.period}</th>
                  <th scope="col">{t.updated}</th>
                </tr>
              </thead>
              <tbody>
                {items.map((agreement) => (
                  <tr>
                    <th scope="row">
                      <a href={`/console/agreements/${encodeURIComponent(agreement.id)}`}>{agreement.entry.name}</a>
                    </th>
                    <td class="keep">
                      {t.direction(view.nameOf(agreement.consumer), view.nameOf(agreement.provider))}
                    </td>
                    <td>
                      <AgreementBadge view={view} status={agreement.status} />
                    </td>
                    <td class="keep">{view.t.agreement.until(lastDay(agreement.terms.validTo))}</td>
                    <td class="keep">
                      <Time view={view} at={agreement.updatedAt} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
        {next === null ? null : (
          <p class="card-footer">
            <a href={`/console/agreements?${new URLSearchParams({ cursor: next })}`}>{t.next}</a>
          </p>
        )}
      </section>
    </Layout>
  );
}
