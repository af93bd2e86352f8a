import { quantity, yuan } from "../../reports/money.ts";
import { type CloseRow, type FigureField, figureFields } from "../close-form.ts";
import { FinanceTabs } from "../parts/finance-tabs.tsx";
import { FormToken } from "../parts/form-token.tsx";
import { Layout } from "../parts/layout.tsx";
import { partyNames } from "../party-names.ts";
import { monthName } from "../period-facts.ts";
import { statementPath } from "../statement-paths.ts";
import { holds, type View } from "../view.ts";

export type CloseModel = {
  readonly period: string;
  /** The month is not over: it closes early, for a reason. */
  readonly isEarly: boolean;
  readonly rows: readonly CloseRow[];
  /** This region has closed it before. */
  readonly isClosed: boolean;
  /** What was written when something in it has to be corrected. */
  readonly written: ReadonlyMap<string, string>;
  readonly fault: string | undefined;
};

/** What closing would settle, and the figures that it needs; nothing changes before the next page is confirmed. */
export function ClosePage({ view, model }: { view: View; model: CloseModel }) {
  const { period, rows, fault, isClosed } = model;
  const t = view.t.close;
  const name = monthName(view, period);
  const left = rows.filter(({ known }) => known?.matched !== true).length;
  const isOver = isClosed && rows.length > 0 && left === 0;
  return (
    <Layout view={view} title={t.title(period)} place="settlements">
      <FinanceTabs view={view} current="periods" />
      <header class="head">
        <h1>{isOver ? t.leadSigned(name) : rows.length === 0 ? t.leadNothing(name) : t.lead(name, left)}</h1>
        <form class="choice" method="get" action="/console/settlements/close">
          <label class="form-label" for="period">
            {t.choose}
          </label>
          <input class="form-control" id="period" name="period" type="month" value={period} required />
          <button type="submit" class="btn btn-sm btn-outline-primary">
            {view.t.overview.open}
          </button>
        </form>
      </header>
      {fault === undefined ? null : (
        <p class="notice bad" role="alert">
          {fault}
        </p>
      )}
      {rows.length === 0 ? <p class="notice">{t.nothing}</p> : <CloseRows view={view} rows={rows} />}
      {isOver ? (
        <p class="notice">{t.signed}</p>
      ) : holds(view, "finance") ? (
        <CloseForm view={view} model={model} />
      ) : (
        <p class="notice">{t.needsFinance}</p>
      )}
    </Layout>
  );
}

/** The agreements that take part, with what they come to as of now. */
export function CloseRows({ view, rows }: { view: View; rows: readonly CloseRow[] }) {
  const t = view.t.close;
  return (
    <section class="card scroll">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t.agreement}</th>
            <th scope="col">{t.peer}</th>
            <th scope="col" class="num">
              {t.receipts}
            </th>
            <th scope="col" class="num">
              {t.amount}
            </th>
            <th scope="col">{t.state}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row view={view} row={row} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ view, row: { agreement, usage, known } }: { view: View; row: CloseRow }) {
  const t = view.t.close;
  const signed = known?.matched === true ? known.statement : null;
  const used = usage.lines.reduce((sum, { receipts }) => sum + BigInt(receipts), 0n).toString();
  const later = signed === null ? 0n : BigInt(usage.amountFen) - BigInt(signed.result.amountFen);
  return (
    <tr>
      <th scope="row">
        {known === undefined ? agreement.entry.name : <a href={statementPath(known)}>{agreement.entry.name}</a>}
      </th>
      <td>{view.nameOf(agreement.peer)}</td>
      <td class="num">
        {quantity(signed?.receiptCount ?? used)}
        {usage.unsigned.receipts === "0" ? null : (
          <small class="late block">{t.unsigned(usage.unsigned.receipts)}</small>
        )}
      </td>
      <td class="num">
        {yuan(signed?.result.amountFen ?? usage.amountFen)}
        {later > 0n ? <small class="quiet block">{t.later(yuan(later.toString()))}</small> : null}
      </td>
      <td>{known === undefined ? t.fresh : view.t.settlement.states[known.state]}</td>
    </tr>
  );
}

function CloseForm({ view, model }: { view: View; model: CloseModel }) {
  const { period, isEarly, rows, written } = model;
  const t = view.t.close;
  return (
    <form class="card" method="post" action="/console/settlements/close/check">
      <FormToken view={view} />
      <input type="hidden" name="period" value={period} />
      {rows.map((row) => (
        <Figures view={view} row={row} written={written} />
      ))}
      <div class="card-body">
        {isEarly ? (
          <>
            <p class="form-hint">{t.early}</p>
            <label class="form-label" for="reason">
              {t.reason}
            </label>
            <textarea class="form-control" id="reason" name="reason" rows={2} maxlength={500} required>
              {written.get("reason") ?? ""}
            </textarea>
          </>
        ) : null}
        <p class="actions">
          <button type="submit" class="btn btn-primary">
            {t.check}
          </button>
          <a class="btn" href="/console/settlements">
            {t.leave}
          </a>
        </p>
      </div>
    </form>
  );
}

/** Only where the terms ask for figures that are in no receipt; those of other regions' parties are theirs to give. */
function Figures({ view, row, written }: { view: View; row: CloseRow; written: ReadonlyMap<string, string> }) {
  const t = view.t.close;
  const fields = figureFields(view, row, partyNames(view, row.terms));
  const asked = fields.filter(({ kind }) => kind !== "activeDays");
  const days = fields.filter(({ kind, region }) => kind === "activeDays" && region === view.region.id);
  // What is signed stays as it is.
  if (row.known?.matched === true || (asked.length === 0 && days.length === 0)) return null;
  return (
    <fieldset class="card-body">
      <legend>
        {row.agreement.entry.name} · {t.declareTitle}
      </legend>
      <p class="form-hint">{t.declareHint}</p>
      {asked.map((field) => (
        <Figure view={view} field={field} value={written.get(field.name) ?? field.value} />
      ))}
      {days.length === 0 ? null : (
        <details>
          <summary>{t.daysTitle}</summary>
          {days.map((field) => (
            <Figure view={view} field={field} value={written.get(field.name) ?? field.value} />
          ))}
        </details>
      )}
    </fieldset>
  );
}

function Figure({ view, field, value }: { view: View; field: FigureField; value: string }) {
  const { name, label, hint, region } = field;
  if (region !== view.region.id) {
    return (
      <p class="row-field">
        <span>{label}</span>
        <span class="quiet">{value === "" ? view.t.close.byPeer(view.nameOf(region)) : value}</span>
      </p>
    );
  }
  return (
    <label class="row-field">
      <span>
        {label} <small class="quiet">{hint}</small>
      </span>
      <input class="form-control form-control-sm num" name={name} value={value} inputmode="decimal" maxlength={40} />
    </label>
  );
}
