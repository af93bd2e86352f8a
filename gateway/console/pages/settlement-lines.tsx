import type { PeriodView } from "../../../node/settlement/period-view.ts";
import { quantity, unitPrice, yuan } from "../../reports/money.ts";
import type { View } from "../view.ts";

/** Every line of a period with what each region has of it; each opens the statement it stands in. */
export function SettlementLines({ view, period }: { view: View; period: PeriodView }) {
  const t = view.t.settlement;
  const regions = period.perRegion.map(({ region }) => region);
  const rows = period.settlements.flatMap((one) => (one.statement?.result.lines ?? []).map((line) => ({ one, line })));
  if (rows.length === 0) return null;
  return (
    <section class="card scroll">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t.agreementProduct}</th>
            <th scope="col">{t.scheme}</th>
            <th scope="col" class="num">
              {t.quantity}
            </th>
            <th scope="col" class="num">
              {t.unitPrice}
            </th>
            <th scope="col" class="num">
              {t.amount}
            </th>
            {regions.map((region) => (
              <th scope="col" class="num">
                {t.regionAmount(view.nameOf(region))}
              </th>
            ))}
            <th scope="col">
              <span class="visually-hidden">{t.lines}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ one, line }) => (
            <tr>
              <th scope="row">
                {one.entryName}
                <br />
                <small class="quiet">{line.productId}</small>
              </th>
              <td>{schemeName(view, one.scheme)}</td>
              <td class="num">{quantity(line.quantity)}</td>
              <td class="num">{unitPrice(line.effectivePriceMicro)}</td>
              <td class="num">{yuan(line.amountFen)}</td>
              {regions.map((region) => (
                <td class="num">{yuan(shareOf(line.shares, region))}</td>
              ))}
              <td class="keep">
                <a href={`/console/settlements/${one.periodId}/${encodeURIComponent(one.agreementId)}`}>{t.lines}</a>
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t.total}</th>
            <td></td>
            <td></td>
            <td></td>
            <td class="num">{yuan(rows.reduce((sum, { line }) => sum + BigInt(line.amountFen), 0n))}</td>
            {regions.map((region) => (
              <td class="num">{yuan(rows.reduce((sum, { line }) => sum + shareOf(line.shares, region), 0n))}</td>
            ))}
            <td></td>
          </tr>
        </tfoot>
      </table>
    </section>
  );
}

type Shares = readonly { readonly partyId: string; readonly fen: string }[];

/** Party ids begin with their region. */
function shareOf(shares: Shares, region: string): bigint {
  return shares.reduce((sum, { partyId, fen }) => (partyId.startsWith(`${region}:`) ? sum + BigInt(fen) : sum), 0n);
}

function schemeName({ t }: View, scheme: string): string {
  const names: { readonly [scheme: string]: string } = t.terms.schemes;
  return names[scheme] ?? scheme;
}
