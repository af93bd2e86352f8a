import type { AgreementLog } from "../../../node/audit/agreement-log.ts";
import type { Result } from "../../../node/kernel/exchange-error.ts";
import type { Agreement } from "../../../node/negotiation/model.ts";
import { quantity } from "../../reports/money.ts";
import { Confirm } from "../parts/confirm.tsx";
import { DigestText } from "../parts/digest-text.tsx";
import { Layout } from "../parts/layout.tsx";
import { Time } from "../parts/time.tsx";
import { actorName, leafKindName, say, type View } from "../view.ts";

const SHOWN = 500;

export type CaseModel = {
  readonly agreement: Agreement;
  readonly log: Result<AgreementLog>;
  /** Something was written after the entry that fixes the number. */
  readonly isNewer: boolean;
  readonly periods: readonly string[];
  readonly done: string | undefined;
};

/** All entries of an agreement, and what proves that they are all. */
export function CasePage({ view, model }: { view: View; model: CaseModel }) {
  const t = view.t.evidence;
  const { agreement, log, isNewer, periods, done } = model;
  const id = encodeURIComponent(agreement.id);
  const head = log.ok ? log.value.entries.at(-1) : undefined;
  return (
    <Layout view={view} title={t.caseOf(agreement.entry.name)} place="audit" done={done}>
      <header class="head">
        <div>
          <h1>
            {log.ok && head !== undefined
              ? t.caseLead(quantity(String(log.value.entries.length)), quantity(head.index))
              : t.caseOpen}
          </h1>
          <p class="quiet facts">
            <span>{t.caseOf(agreement.entry.name)}</span>
            <span>
              <a href={`/console/agreements/${id}`}>{agreement.id}</a>
            </span>
            <span>
              <a href={`/console/audit?agreement=${id}`}>{t.searchCase}</a>
            </span>
          </p>
        </div>
      </header>
      <section class={`banner ${log.ok && !isNewer ? "good" : ""}`}>
        {log.ok ? (
          <p>
            {t.head} <a href={`/console/audit/${head?.index}`}>{quantity(head?.index ?? "0")}</a>
            {isNewer ? ` · ${t.caseNewer}` : null}
          </p>
        ) : (
          <p>
            {log.error.code === "AUDIT_NO_HEAD" ? t.noHead : say(view, log.error.text)} <code>{log.error.code}</code>
          </p>
        )}
        <div class="actions">
          <Confirm
            view={view}
            action={`/console/cases/${id}/head`}
            label={t.fix}
            willHappen={t.fixWill}
            confirm={view.t.negotiation.confirm}
            tone={log.ok && !isNewer ? undefined : "primary"}
          />
        </div>
      </section>
      {log.ok ? <Export view={view} id={agreement.id} periods={periods} /> : null}
      {log.ok ? <Entries view={view} entries={log.value.entries} /> : null}
    </Layout>
  );
}

function Export({ view, id, periods }: { view: View; id: string; periods: readonly string[] }) {
  const t = view.t.evidence;
  return (
    <form class="choice" method="get" action={`/console/cases/${encodeURIComponent(id)}/bundle`}>
      <label class="form-label" for="period">
        {t.period}
      </label>
      <select class="form-select" id="period" name="period">
        <option value="">{t.wholeCase}</option>
        {periods.map((period) => (
          <option value={period}>{period}</option>
        ))}
      </select>
      <button type="submit" class="btn btn-sm btn-primary">
        {t.bundle}
      </button>
      <small class="quiet">{t.bundleHint}</small>
    </form>
  );
}

function Entries({ view, entries }: { view: View; entries: AgreementLog["entries"] }) {
  const t = view.t.audit;
  return (
    <section class="card scroll">
      <table class="table">
        <thead>
          <tr>
            <th scope="col" class="num">
              {view.t.evidence.seq}
            </th>
            <th scope="col" class="num">
              {t.index}
            </th>
            <th scope="col">{t.at}</th>
            <th scope="col">{t.what}</th>
            <th scope="col">{t.who}</th>
            <th scope="col">{t.digest}</th>
          </tr>
        </thead>
        <tbody>
          {entries.slice(0, SHOWN).map(({ index, leaf }) => (
            <tr>
              <th scope="row" class="num">
                {quantity(leaf.detail.agreementSeq ?? "")}
              </th>
              <td class="num">
                <a href={`/console/audit/${index}`}>{quantity(index)}</a>
              </td>
              <td class="keep">
                <Time view={view} at={leaf.at} />
              </td>
              <td>{leafKindName(view, leaf.kind)}</td>
              <td class="keep">{actorName(view, leaf.actor)}</td>
              <td>
                <DigestText digest={leaf.digest} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {entries.length <= SHOWN ? null : (
        <p class="card-footer">{view.t.evidence.shown(SHOWN, quantity(String(entries.length)))}</p>
      )}
    </section>
  );
}
