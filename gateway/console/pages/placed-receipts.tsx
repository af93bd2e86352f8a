import type { PlacedReceipt } from "../../../node/settlement/insight/read-equation.ts";
import type { StatementView } from "../../../node/settlement/period-view.ts";
import { quantity } from "../../reports/money.ts";
import { DigestText } from "../parts/digest-text.tsx";
import { FinanceTabs } from "../parts/finance-tabs.tsx";
import { Layout } from "../parts/layout.tsx";
import { ReceiptLink } from "../parts/receipt-link.tsx";
import { Time } from "../parts/time.tsx";
import { statementPath } from "../statement-paths.ts";
import type { View } from "../view.ts";

export type PlacedReceiptsModel = {
  readonly one: StatementView;
  readonly items: readonly PlacedReceipt[];
  readonly next: string | null;
  /** What was asked for, to go on with. */
  readonly query: readonly (readonly [string, string])[];
};

/** The receipts behind a figure of a statement, each with where it stands. */
export function PlacedReceiptsPage({ view, model }: { view: View; model: PlacedReceiptsModel }) {
  const { one, items, next, query } = model;
  const t = view.t.statement;
  const bin = query.find(([name]) => name === "bin")?.[1];
  const terms: { readonly [bin: string]: string } = t.terms;
  const more = new URLSearchParams([...query.map(([name, value]) => [name, value]), ["cursor", next ?? ""]]);
  return (
    <Layout view={view} title={t.listTitle(one.entryName)} place="settlements">
      <FinanceTabs view={view} current="periods" />
      <header class="head">
        <div>
          <h1>{items.length === 0 ? t.listEmpty : t.listLead(items.length, next !== null)}</h1>
          <p class="quiet facts">
            <span>
              <a href={statementPath(one)}>{`${one.entryName} ${one.periodId}`}</a>
            </span>
            {bin === undefined ? null : <span>{terms[bin] ?? bin}</span>}
          </p>
        </div>
      </header>
      {items.length === 0 ? null : (
        <section class="card scroll">
          <table class="table">
            <thead>
              <tr>
                <th scope="col" class="num">
                  {view.t.agreement.seq}
                </th>
                <th scope="col">{view.t.agreement.at}</th>
                <th scope="col">{t.product}</th>
                <th scope="col" class="num">
                  {t.quantity}
                </th>
                <th scope="col">{t.bin}</th>
                <th scope="col">{view.t.agreement.signatures}</th>
                <th scope="col">{view.t.audit.digest}</th>
              </tr>
            </thead>
            <tbody>
              {items.map((placed) => (
                <Row view={view} one={one} placed={placed} />
              ))}
            </tbody>
          </table>
          {next === null ? null : (
            <p class="card-footer">
              <a href={`${statementPath(one)}/receipts?${more}`}>{view.t.negotiation.next}</a>
            </p>
          )}
        </section>
      )}
    </Layout>
  );
}

function Row({ view, one, placed }: { view: View; one: StatementView; placed: PlacedReceipt }) {
  const { receipt, productId, usagePeriodId, quantity: count, bin } = placed;
  const { core, coreDigest, consumerSignature } = receipt;
  const { agreement, statement } = view.t;
  return (
    <tr>
      <th scope="row" class="num" title={core.receiptId}>
        <ReceiptLink view={view} id={core.receiptId} seq={core.seq} />
      </th>
      <td class="keep">
        <Time view={view} at={core.endedAt} />
      </td>
      <td>
        {productId === one.entryId ? one.entryName : productId}
        {usagePeriodId === core.periodId ? null : <small class="quiet"> {usagePeriodId}</small>}
      </td>
      <td class="num">{quantity(count)}</td>
      <td class="keep">{statement.terms[bin]}</td>
      <td class="keep">{consumerSignature === null ? agreement.one : agreement.both}</td>
      <td>
        <DigestText digest={coreDigest} />
      </td>
    </tr>
  );
}
