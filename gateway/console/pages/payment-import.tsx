import type { Text } from "../../../node/kernel/text.ts";
import type { ImportResult } from "../../../node/payments/import.ts";
import type { BankPayment, Field } from "../../../node/payments/model.ts";
import { quantity } from "../../reports/money.ts";
import { FaultTable } from "../parts/fault-table.tsx";
import { FinanceTabs } from "../parts/finance-tabs.tsx";
import { FormToken } from "../parts/form-token.tsx";
import { Layout } from "../parts/layout.tsx";
import { say, type View } from "../view.ts";

export type PaymentImportModel = {
  readonly result: (ImportResult & { readonly notes: readonly Text[] }) | undefined;
  readonly fault: { readonly text: string; readonly code: string } | undefined;
  /** What was written, to correct. */
  readonly source: string;
  readonly account: string;
  readonly columns: { readonly [field: string]: string };
};

const STATES: readonly BankPayment["state"][] = [
  "booked",
  "open",
  "proposed",
  "duplicate",
  "faulty",
  "rejected",
  "returned",
];

export function PaymentImportPage({ view, model }: { view: View; model: PaymentImportModel }) {
  const { result, fault } = model;
  const t = view.t.payments;
  return (
    <Layout view={view} title={t.importTitle} place="settlements">
      <FinanceTabs view={view} current="payments" />
      <header class="head">
        <div>
          <h1>{t.importTitle}</h1>
          <p class="quiet facts">
            <span>{t.importLead}</span>
          </p>
        </div>
      </header>
      {fault === undefined ? null : (
        <p class="notice bad" role="alert">
          {fault.text} <code>{fault.code}</code>
        </p>
      )}
      {result === undefined ? null : <ImportOutcome view={view} result={result} />}
      <ImportForm view={view} model={model} />
    </Layout>
  );
}

function ImportForm({ view, model: { source, account, columns, fault } }: { view: View; model: PaymentImportModel }) {
  const t = view.t.payments;
  const fields = Object.entries(t.fields) as [Field, string][];
  return (
    <form class="card" method="post" action="/console/payments/import" enctype="multipart/form-data">
      <FormToken view={view} />
      <div class="card-body">
        <label class="form-label" for="file">
          {t.file}
        </label>
        <input class="form-control" type="file" id="file" name="file" accept=".csv,.xlsx,.txt" required />
        <label class="form-label" for="source">
          {t.source}
        </label>
        <input
          class="form-control"
          id="source"
          name="source"
          value={source}
          pattern="[A-Za-z0-9][A-Za-z0-9._\-]{0,63}"
          required
        />
        <p class="form-hint">{t.sourceHint}</p>
        <label class="form-label" for="account">
          {t.account}
        </label>
        <input class="form-control" id="account" name="account" value={account} maxlength={64} inputmode="numeric" />
        <details open={fault?.code === "PAYMENT_COLUMNS"}>
          <summary>{t.columns}</summary>
          {fields.map(([field, word]) => (
            <label class="row-field">
              <span>{word}</span>
              <input
                class="form-control form-control-sm"
                name={`column.${field}`}
                value={columns[field] ?? ""}
                maxlength={100}
              />
            </label>
          ))}
        </details>
        <p class="notice">{t.importWill}</p>
        <p class="actions">
          <button type="submit" class="btn btn-primary">
            {t.import}
          </button>
          <a class="btn" href="/console/payments">
            {t.title}
          </a>
        </p>
      </div>
    </form>
  );
}

type Outcome = NonNullable<PaymentImportModel["result"]>;

/** What became of each row; faults in place, as the file numbers its rows. */
function ImportOutcome({ view, result }: { view: View; result: Outcome }) {
  const t = view.t.payments;
  const { filename, rows, states, faults, notes, isRepeated, columns, source, ownAccount } = result;
  const words: { readonly [field: string]: string } = t.fields;
  return (
    <section class={`card ${faults.length === 0 ? "" : "faulty"}`} role="status">
      <h2 class="card-header">
        {t.result} · {filename}
      </h2>
      <div class="card-body">
        {isRepeated ? <p>{t.repeated}</p> : null}
        <p>
          <strong>{t.rows(quantity(String(rows)))}</strong>
          {STATES.filter((state) => states[state] > 0).map((state) => (
            <>
              {" · "}
              {t.states[state]} {quantity(String(states[state]))}
            </>
          ))}
          {states.open === 0 ? null : (
            <>
              {" "}
              <a href="/console/payments">{t.open} →</a>
            </>
          )}
        </p>
        <p class="quiet">
          {t.remembered(source)} · {ownAccount}
          <br />
          {Object.entries(columns)
            .map(([field, heading]) => `${words[field] ?? field} = ${heading}`)
            .join(" · ")}
        </p>
        {notes.map((note) => (
          <p class="quiet">{say(view, note)}</p>
        ))}
        {faults.length === 0 ? <p>{t.noFaults}</p> : null}
      </div>
      <FaultTable view={view} faults={faults} />
    </section>
  );
}
