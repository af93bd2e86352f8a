import type { PeriodView } from "../../../node/settlement/period-view.ts";
import { yuan } from "../../reports/money.ts";
import { DigestText } from "../parts/digest-text.tsx";
import { regionStandings } from "../period-facts.ts";
import type { View } from "../view.ts";

/** Where each region stands, and who is waited for. */
export function SettlementRegions({ view, period }: { view: View; period: PeriodView }) {
  const t = view.t.finance;
  return (
    <section class="card scroll">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t.region}</th>
            <th scope="col">{view.t.settlement.statements}</th>
            <th scope="col">{t.waits}</th>
            <th scope="col" class="num">
              {t.receives}
            </th>
            <th scope="col">{t.digest}</th>
          </tr>
        </thead>
        <tbody>
          {regionStandings(view.region.id, period).map((one) => (
            <tr>
              <th scope="row">{view.nameOf(one.region)}</th>
              <td>
                <span class={`dot ${one.signed === one.statements ? "live" : "stale"}`}></span>
                {t.computed(one.computed, one.statements)} · {t.signed(one.signed, one.statements)}
              </td>
              <td>{one.waits === 0 ? t.nobody : t.things(one.waits)}</td>
              <td class="num">{yuan(one.receivesFen)}</td>
              <td>
                <DigestText digest={one.digest} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
