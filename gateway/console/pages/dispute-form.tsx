import type { PlacedReceipt } from "../../../node/settlement/insight/read-equation.ts";
import type { StatementView } from "../../../node/settlement/period-view.ts";
import { quantity } from "../../reports/money.ts";
import { shortDigest } from "../format.ts";
import { CommentField } from "../parts/confirm.tsx";
import { FinanceTabs } from "../parts/finance-tabs.tsx";
import { FormToken } from "../parts/form-token.tsx";
import { Layout } from "../parts/layout.tsx";
import { usageText } from "../parts/receipts-table.tsx";
import { Time } from "../parts/time.tsx";
import { statementPath } from "../statement-paths.ts";
import type { View } from "../view.ts";

export type Evidence = { readonly name: string; readonly sha256: string };

export type DisputeFormModel = {
  readonly one: Pick<StatementView, "agreementId" | "periodId" | "entryName">;
  readonly receipts: readonly PlacedReceipt[];
  readonly chosen: readonly string[];
  readonly reason: string;
  readonly fault: string | undefined;
};

const FILES = 3;

/** Which receipts, and why; nothing is sent before the next page is confirmed. */
export function DisputeFormPage({ view, model }: { view: View; model: DisputeFormModel }) {
  const { one, receipts, chosen, reason, fault } = model;
  const t = view.t.dispute;
  return (
    <Layout view={view} title={t.newTitle} place="settlements">
      <FinanceTabs view={view} current="disputes" />
      <header class="head">
        <div>
          <h1>{t.newLead(`${one.entryName} ${one.periodId}`)}</h1>
          <p class="quiet facts">
            <span>
              <a href={statementPath(one)}>{t.openOn(one.periodId, one.entryName)}</a>
            </span>
          </p>
        </div>
      </header>
      {fault === undefined ? null : (
        <p class="notice bad" role="alert">
          {fault}
        </p>
      )}
      {receipts.length === 0 ? (
        <p class="notice">{t.noReceipts}</p>
      ) : (
        <form method="post" action={`${statementPath(one)}/dispute/check`} enctype="multipart/form-data">
          <FormToken view={view} />
          <section class="card scroll">
            <Choices view={view} receipts={receipts} chosen={chosen} />
          </section>
          <section class="card card-body">
            <CommentField id="reason" name="reason" label={t.reason} hint={t.reasonHint} value={reason} isRequired />
            <fieldset>
              <legend class="form-label">{t.evidence}</legend>
              {Array.from({ length: FILES }, (_, i) => (
                <input class="form-control" type="file" name="evidence" aria-label={`${t.evidenceTitle} ${i + 1}`} />
              ))}
              <p class="form-hint">{t.evidenceHint}</p>
            </fieldset>
            <p class="actions">
              <button type="submit" class="btn btn-primary">
                {t.check}
              </button>
            </p>
          </section>
        </form>
      )}
    </Layout>
  );
}

type ChoicesProps = { view: View; receipts: readonly PlacedReceipt[]; chosen: readonly string[] };

function Choices({ view, receipts, chosen }: ChoicesProps) {
  const t = view.t.dispute;
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">{t.choose}</th>
          <th scope="col">{view.t.agreement.at}</th>
          <th scope="col" class="num">
            {view.t.agreement.amount}
          </th>
          <th scope="col">{view.t.audit.digest}</th>
        </tr>
      </thead>
      <tbody>
        {receipts.map(({ receipt: { core, coreDigest } }) => (
          <tr>
            <td>
              <label class="form-check">
                <input
                  class="form-check-input"
                  type="checkbox"
                  name="receipt"
                  value={core.receiptId}
                  checked={chosen.includes(core.receiptId)}
                />
                <span class="form-check-label">
                  {view.t.agreement.receipt} {quantity(core.seq)}
                </span>
              </label>
            </td>
            <td class="keep">
              <Time view={view} at={core.endedAt} />
            </td>
            <td class="num">{usageText(view, core.usage)}</td>
            <td>
              <a href={`/console/receipts/${core.receiptId}`}>
                <code title={coreDigest}>{shortDigest(coreDigest)}</code>
              </a>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type ConfirmModel = Omit<DisputeFormModel, "fault" | "chosen"> & { readonly evidence: readonly Evidence[] };

/** What raising the dispute does, with everything that goes out. */
export function DisputeConfirmPage({ view, model }: { view: View; model: ConfirmModel }) {
  const { one, receipts, reason, evidence } = model;
  const t = view.t.dispute;
  const total = receipts.reduce((sum, placed) => sum + BigInt(placed.quantity), 0n);
  return (
    <Layout view={view} title={t.newTitle} place="settlements">
      <FinanceTabs view={view} current="disputes" />
      <header class="head">
        <h1>{t.confirmTitle}</h1>
      </header>
      <section class="banner">
        <p>
          <strong>{view.t.close.willHappen}</strong>
        </p>
        <ol>
          <li>{t.willPark(receipts.length, quantity(total.toString()))}</li>
          <li>{t.will.tell}</li>
          <li>{t.will.end}</li>
        </ol>
      </section>
      <section class="card">
        <dl class="card-body facts-list">
          <dt>{t.about}</dt>
          <dd>{t.openOn(one.periodId, one.entryName)}</dd>
          <dt>{t.receipts}</dt>
          <dd>{receipts.map(({ receipt }) => `${receipt.core.seq} `)}</dd>
          <dt>{t.reason}</dt>
          <dd class="said">{reason}</dd>
          <dt>{t.evidenceTitle}</dt>
          <dd>
            {evidence.length === 0 ? t.noEvidence : null}
            {evidence.map(({ name, sha256 }) => (
              <span class="block">
                {name} <code>{shortDigest(sha256)}</code>
              </span>
            ))}
          </dd>
        </dl>
      </section>
      <form method="post" action={`${statementPath(one)}/dispute`}>
        <FormToken view={view} />
        <input type="hidden" name="reason" value={reason} />
        {receipts.map(({ receipt }) => (
          <input type="hidden" name="receipt" value={receipt.core.receiptId} />
        ))}
        {evidence.map(({ name, sha256 }) => (
          <input type="hidden" name="evidence" value={`${sha256} ${name}`} />
        ))}
        <p class="actions">
          <button type="submit" class="btn btn-primary">
            {t.confirm}
          </button>
          <a class="btn" href={`${statementPath(one)}/dispute`}>
            {t.back}
          </a>
        </p>
      </form>
    </Layout>
  );
}
