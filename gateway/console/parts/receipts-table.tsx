import type { HeldReceipt } from "../../../node/metering/model.ts";
import { quantity } from "../../reports/money.ts";
import { bytes } from "../format.ts";
import { metricName } from "../party-name.ts";
import type { View } from "../view.ts";
import { DigestText } from "./digest-text.tsx";
import { ReceiptLink } from "./receipt-link.tsx";
import { Time } from "./time.tsx";

/** `receipts` is null where the reader may not see them. */
export function ReceiptsTable({ view, receipts }: { view: View; receipts: readonly HeldReceipt[] | null }) {
  const t = view.t.agreement;
  if (receipts === null) return <p class="card-body quiet">{t.receiptsOnly}</p>;
  if (receipts.length === 0) return <p class="card-body quiet">{t.noReceipts}</p>;
  return (
    <div class="scroll">
      <table class="table">
        <thead>
          <tr>
            <th scope="col" class="num">
              {t.seq}
            </th>
            <th scope="col">{t.at}</th>
            <th scope="col">{t.period}</th>
            <th scope="col" class="num">
              {t.amount}
            </th>
            <th scope="col">{t.signatures}</th>
            <th scope="col">{view.t.audit.digest}</th>
          </tr>
        </thead>
        <tbody>
          {receipts.map(({ core, coreDigest, consumerSignature, settledIn }) => (
            <tr>
              <th scope="row" class="num" title={core.receiptId}>
                <ReceiptLink view={view} id={core.receiptId} seq={core.seq} />
              </th>
              <td class="keep">
                <Time view={view} at={core.endedAt} />
              </td>
              <td class="keep">
                {core.periodId}
                {settledIn === null ? "" : ` · ${t.settled}`}
              </td>
              <td class="num">{usageText(view, core.usage)}</td>
              <td class="keep">{consumerSignature === null ? t.one : t.both}</td>
              <td>
                <DigestText digest={coreDigest} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function usageText(view: View, usage: HeldReceipt["core"]["usage"]): string {
  return Object.entries(usage)
    .filter(([, value]) => value !== "0")
    .map(([metric, value]) => (metric === "bytes" ? bytes(value) : `${quantity(value)} ${metricName(view, metric)}`))
    .join(" · ");
}
