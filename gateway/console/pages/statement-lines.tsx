import type { StatementView } from "../../../node/settlement/period-view.ts";
import type { Names } from "../../reports/labels.ts";
import { quantity, unitPrice, yuan } from "../../reports/money.ts";
import { lineReceiptsPath } from "../statement-paths.ts";
import type { View } from "../view.ts";

/** Amount → line → price → who receives what; each line opens its receipts. */
export function ShareLines({ view, one, names }: { view: View; one: StatementView; names: Names }) {
  const t = view.t.settlement;
  return (
    <section class="card" id="lines">
      <h2 class="card-header">{t.shares}</h2>
      <div class="scroll">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{t.party}</th>
              <th scope="col">{t.kind}</th>
              <th scope="col" class="num">
                {t.quantity}
              </th>
              <th scope="col" class="num">
                {t.unitPrice}
              </th>
              <th scope="col" class="num">
                {t.amount}
              </th>
              <th scope="col">
                <span class="visually-hidden">{view.t.statement.lineReceipts}</span>
              </th>
            </tr>
          </thead>
          {one.statement?.result.lines.map((line) => (
            <tbody>
              <tr class="line-head">
                <th scope="rowgroup" colspan={2}>
                  {names.product(line.productId)} <small class="quiet">{line.productId}</small>
                </th>
                <td class="num">{quantity(line.quantity)}</td>
                <td class="num">{unitPrice(line.effectivePriceMicro)}</td>
                <td class="num">{yuan(line.amountFen)}</td>
                <td class="keep">
                  <a href={lineReceiptsPath(one, { line: line.lineId })}>{view.t.statement.lineReceipts}</a>
                </td>
              </tr>
              {line.shares.map(({ partyId, kind, fen }) => (
                <tr>
                  <td>{names.party(partyId)}</td>
                  <td>{t.kinds[kind]}</td>
                  <td></td>
                  <td></td>
                  <td class="num">{yuan(fen)}</td>
                  <td></td>
                </tr>
              ))}
            </tbody>
          ))}
          {one.statement === null || one.statement.result.adjustments.length === 0 ? null : (
            <tbody>
              <tr class="line-head">
                <th scope="rowgroup" colspan={6}>
                  {view.t.statement.adjustment}
                </th>
              </tr>
              {one.statement.result.adjustments.map(({ partyId, fen }) => (
                <tr>
                  <td colspan={4}>{names.party(partyId)}</td>
                  <td class="num">{yuan(fen)}</td>
                  <td></td>
                </tr>
              ))}
            </tbody>
          )}
          <tfoot>
            <tr>
              <th scope="row" colspan={4}>
                {t.total}
              </th>
              <td class="num">{yuan(one.statement?.result.amountFen ?? "0")}</td>
              <td></td>
            </tr>
          </tfoot>
        </table>
      </div>
    </section>
  );
}
