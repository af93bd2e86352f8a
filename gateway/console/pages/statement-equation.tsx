import { bins } from "../../../node/settlement/insight/equation.ts";
import type { StatementEquation } from "../../../node/settlement/insight/equation-view.ts";
import { quantity, yuan } from "../../reports/money.ts";
import { turnName } from "../parts/reason.tsx";
import type { StatementModel } from "../statement-model.ts";
import { lineReceiptsPath, statementPath } from "../statement-paths.ts";
import { holds, say, type View } from "../view.ts";

/** delivered = charged + …: every receipt is somewhere, and what is nowhere has an owner. */
export function Equation({ view, model: { one, equation } }: { view: View; model: StatementModel }) {
  const t = view.t.statement;
  if (equation === undefined) return null;
  if (equation === "on-request") {
    return (
      <section class="card" id="equation">
        <h2 class="card-header">{t.equation}</h2>
        <p class="card-body">
          <a href={`${statementPath(one)}?equation=1#equation`}>{t.equationAsked}</a>
        </p>
      </section>
    );
  }
  const { delivered, terms, unexplained, isBalanced, basis } = equation;
  return (
    <section class={`card ${isBalanced ? "" : "faulty"}`} id="equation">
      <h2 class="card-header">
        {t.equation} <small class="quiet">{basis === "receipts" ? t.basisReceipts : null}</small>
      </h2>
      <p class="card-body">
        <span class={`dot ${isBalanced ? "live" : "never"}`}></span>
        {isBalanced ? t.balanced : t.unbalanced(yuan(unexplained.fen))}
      </p>
      <div class="scroll">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{t.term}</th>
              <th scope="col" class="num">
                {t.receipts}
              </th>
              <th scope="col" class="num">
                {t.fen}
              </th>
            </tr>
          </thead>
          <tbody>
            <tr class="line-head">
              <th scope="row">{t.terms.delivered}</th>
              <td class="num">
                <a href={lineReceiptsPath(one, {})}>{quantity(delivered.receipts)}</a>
              </td>
              <td class="num">{yuan(delivered.fen)}</td>
            </tr>
            {bins.map((bin) => (
              <tr>
                <td>
                  {bin === "charged" ? "=" : "+"} {t.terms[bin]}
                </td>
                <td class="num">
                  {terms[bin].receipts === "0" ? (
                    "0"
                  ) : (
                    <a href={lineReceiptsPath(one, { bin })}>{quantity(terms[bin].receipts)}</a>
                  )}
                </td>
                <td class="num">{yuan(terms[bin].fen)}</td>
              </tr>
            ))}
            {isBalanced ? null : (
              <tr>
                <th scope="row">+ {t.terms.unexplained}</th>
                <td class="num">{quantity(unexplained.receipts)}</td>
                <td class="num late">{yuan(unexplained.fen)}</td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
      <Exceptions view={view} model={{ one, equation }} />
    </section>
  );
}

type ExceptionsModel = Pick<StatementModel, "one"> & { readonly equation: StatementEquation };

function Exceptions({ view, model: { one, equation } }: { view: View; model: ExceptionsModel }) {
  const t = view.t.statement;
  if (equation.exceptions.length === 0) return null;
  return (
    <div class="scroll">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t.terms.exceptions}</th>
            <th scope="col" class="num">
              {t.receipts}
            </th>
            <th scope="col" class="num">
              {t.fen}
            </th>
            <th scope="col">{t.owner}</th>
            <th scope="col">{t.what}</th>
          </tr>
        </thead>
        <tbody>
          {equation.exceptions.map(({ kind, receipts, fen, owner, blocks, text }) => (
            <tr>
              <th scope="row">
                {t.terms[kind]} {blocks ? <span class="marker bad">{t.blocks}</span> : null}
              </th>
              <td class="num">
                <a href={lineReceiptsPath(one, { bin: kind })}>{quantity(receipts)}</a>
              </td>
              <td class="num">{yuan(fen)}</td>
              <td class="keep">{turnName(view, owner)}</td>
              <td>
                {say(view, text)}{" "}
                {kind === "late" && one.matched && holds(view, "finance") ? (
                  <a href={`${statementPath(one)}/dispute`}>{view.t.finance.raise}</a>
                ) : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
