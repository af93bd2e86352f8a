import type { Agreement } from "../../../node/negotiation/model.ts";
import type { QuoteView } from "../../../node/settlement/insight/keep-quotes.ts";
import { quantity, unitPrice, yuan } from "../../reports/money.ts";
import { label } from "../labels.ts";
import { FormToken } from "../parts/form-token.tsx";
import { Time } from "../parts/time.tsx";
import { metricName } from "../party-name.ts";
import { holds, type View } from "../view.ts";

type Props = { view: View; agreement: Agreement; quotes: readonly QuoteView[] };

/** What a use costs at most, before it; and what was charged, after it. */
export function Quotes({ view, agreement, quotes }: Props) {
  const t = view.t.usage;
  return (
    <section class="card" id="quotes">
      <h2 class="card-header">{t.quotes}</h2>
      <div class="card-body">
        <p>{t.quoteLead}</p>
        {holds(view, "requester", "finance", "publisher") ? (
          <QuoteForm view={view} agreement={agreement} />
        ) : (
          <p class="quiet">{t.mayQuote}</p>
        )}
      </div>
      {quotes.length === 0 ? <p class="card-body quiet">{t.noQuotes}</p> : <Table view={view} quotes={quotes} />}
    </section>
  );
}

function QuoteForm({ view, agreement }: Omit<Props, "quotes">) {
  const t = view.t.usage;
  const { id, terms, entry } = agreement;
  const products = terms.price?.products ?? [];
  const metric = (products.find(({ productId }) => productId === entry.id) ?? products[0])?.metric ?? "calls";
  return (
    <form method="post" action={`/console/agreements/${encodeURIComponent(id)}/quote`} class="choice">
      <FormToken view={view} />
      <input type="hidden" name="metric" value={metric} />
      <label class="form-label" for="quote-amount">
        {t.quoteAmount(metricName(view, metric))}
      </label>
      <input class="form-control num few" id="quote-amount" name="amount" inputmode="numeric" required />
      <label class="form-label" for="quote-purpose">
        {t.purpose}
      </label>
      <select class="form-select" id="quote-purpose" name="purpose">
        {terms.purposes.map((purpose) => (
          <option value={purpose}>{label(view, "purpose", purpose)}</option>
        ))}
      </select>
      <button type="submit" class="btn btn-sm btn-outline-primary">
        {t.getQuote}
      </button>
    </form>
  );
}

function Table({ view, quotes }: { view: View; quotes: readonly QuoteView[] }) {
  const t = view.t.usage;
  return (
    <div class="scroll">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t.quoted}</th>
            <th scope="col" class="num">
              {t.bound}
            </th>
            <th scope="col" class="num">
              {t.actual}
            </th>
            <th scope="col">{t.compared}</th>
          </tr>
        </thead>
        {quotes.map(({ createdAt, upperBoundFen, actual, lines, validUntil, priceVersion, freeQuota }) => (
          <tbody>
            <tr class="said-below">
              <th scope="row" class="keep">
                <Time view={view} at={createdAt} />
              </th>
              <td class="num">{yuan(upperBoundFen)}</td>
              <td class="num">{yuan(actual.fen)}</td>
              <td>
                <span class={`marker ${actual.isWithin ? "good" : "bad"}`}>
                  {actual.isWithin ? t.within : t.beyond}
                </span>
              </td>
            </tr>
            <tr>
              <td colspan={4} class="quiet">
                <small>
                  {lines.map(({ quantity: asked, metric, unitPriceMicro, per }) => (
                    <span>
                      {t.quotedLine(`${quantity(asked)} ${metricName(view, metric)}`, unitPrice(unitPriceMicro), per)} ·{" "}
                    </span>
                  ))}
                  {t.used} {quantity(actual.quantity)}
                  {actual.beyond === "0" ? null : ` (${t.beyondBy(quantity(actual.beyond))})`} · {t.validUntil}{" "}
                  <Time view={view} at={validUntil} /> · {t.priceVersion} {priceVersion.version}
                  {freeQuota === null ? null : ` · ${t.quotaLeft} ${quantity(freeQuota.left)}`}
                </small>
              </td>
            </tr>
          </tbody>
        ))}
      </table>
    </div>
  );
}
