import { type Ageing, ageBuckets } from "../../../node/payments/ageing.ts";
import { yuan } from "../../reports/money.ts";
import type { View } from "../view.ts";

/** What is still owed, by counter-party and by how late it is. */
export function AgeingTable({ view, ageing }: { view: View; ageing: Ageing }) {
  const t = view.t.payments;
  if (ageing.rows.length === 0) return <p class="card-body quiet">{t.nothingDue}</p>;
  return (
    <div class="scroll">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t.counterparty}</th>
            <th scope="col">{t.side}</th>
            {ageBuckets.map((bucket) => (
              <th scope="col" class="num">
                {t.buckets[bucket]}
              </th>
            ))}
            <th scope="col" class="num">
              {t.total}
            </th>
          </tr>
        </thead>
        <tbody>
          {ageing.rows.map(({ counterparty, side, totalFen, buckets }) => (
            <tr>
              <th scope="row">{view.nameOf(counterparty)}</th>
              <td>{t.sides[side]}</td>
              {ageBuckets.map((bucket) => (
                <td class={isLate(bucket) && buckets[bucket] !== "0" ? "num late" : "num"}>
                  {buckets[bucket] === "0" ? "—" : yuan(buckets[bucket])}
                </td>
              ))}
              <td class="num">
                <strong>{yuan(totalFen)}</strong>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function isLate(bucket: (typeof ageBuckets)[number]): boolean {
  return bucket !== "notDue" && bucket !== "noDueDate";
}
