import type { UsageTotals } from "../../../node/metering/model.ts";
import type { UsageTerms } from "../../../node/policy/model.ts";
import { quantity } from "../../reports/money.ts";
import { bytes } from "../format.ts";
import type { View } from "../view.ts";

type Props = { view: View; totals: UsageTotals; limits: UsageTerms["limits"]; isProduct: boolean };

/** What was used against what may be used. */
export function Usage({ view, totals, limits, isProduct }: Props) {
  const t = view.t.agreement;
  return (
    <section class="card">
      <h2 class="card-header">{t.usage}</h2>
      <div class="card-body">
        {isProduct ? (
          <Meter view={view} name={t.calls} used={totals.calls} limit={null} show={quantity} />
        ) : (
          <>
            <Meter view={view} name={t.rows} used={totals.rows} limit={limits.maxRows} show={quantity} />
            <Meter view={view} name={t.bytes} used={totals.bytes} limit={limits.maxBytes} show={bytes} />
          </>
        )}
      </div>
    </section>
  );
}

type MeterProps = {
  view: View;
  name: string;
  used: string;
  limit: string | null;
  show: (value: string) => string;
};

function Meter({ view, name, used, limit, show }: MeterProps) {
  const t = view.t.transfer;
  if (limit === null) {
    return (
      <p class="meter">
        <span>{name}</span> <span class="num">{t.noLimit(show(used))}</span>
      </p>
    );
  }
  return (
    <p class="meter">
      <span>{name}</span> <span class="num">{t.ofLimit(show(used), show(limit))}</span>
      <progress value={used} max={limit} aria-label={name}></progress>
    </p>
  );
}
