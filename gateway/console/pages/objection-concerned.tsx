import type { ObjectionView } from "../../../node/objections/service.ts";
import type { Transfer } from "../../../node/transfer/model.ts";
import { shortId } from "../format.ts";
import { DigestText } from "../parts/digest-text.tsx";
import { ReceiptLink } from "../parts/receipt-link.tsx";
import { Time } from "../parts/time.tsx";
import { titled } from "../punctuation.ts";
import type { View } from "../view.ts";

const SHOWN = 50;

type Props = { view: View; objection: ObjectionView; transfer: Transfer | undefined };

/** From the objection to what moved: receipts that both regions signed, and the transfer that brought them. */
export function Concerned({ view, objection, transfer }: Props) {
  const t = view.t.objection;
  const { about, receipts } = objection;
  const what = { entry: t.aboutEntry, transfer: t.aboutTransfer, receipts: t.aboutReceipts }[about.kind];
  return (
    <section class="card scroll">
      <h2 class="card-header">{titled(view, t.concerned, what)}</h2>
      {transfer === undefined ? null : (
        <p class="card-body">
          <a href={`/console/transfers/${encodeURIComponent(transfer.id)}`}>{shortId(transfer.id)}</a> ·{" "}
          <Time view={view} at={transfer.createdAt} /> · {view.t.transferStates[transfer.state]}
        </p>
      )}
      {receipts.length === 0 ? (
        <p class="card-body quiet">{t.concernedNone}</p>
      ) : (
        <table class="table">
          <thead>
            <tr>
              <th scope="col" class="num">
                {t.receipt}
              </th>
              <th scope="col">{view.t.audit.digest}</th>
              <th scope="col">{t.settledIn}</th>
            </tr>
          </thead>
          <tbody>
            {receipts.slice(0, SHOWN).map(({ seq, receiptId, coreDigest, settledIn }) => (
              <tr>
                <th scope="row" class="num">
                  <ReceiptLink view={view} id={receiptId} seq={seq} />
                </th>
                <td>
                  <DigestText digest={coreDigest} />
                </td>
                <td>
                  <DigestText digest={settledIn} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
