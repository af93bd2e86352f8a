import type { DisputeView } from "../../../node/settlement/dispute-view.ts";
import type { View } from "../view.ts";

type Props = { view: View; dispute: Pick<DisputeView, "state" | "settled" | "parked" | "overdue"> };

/** This region's word on it, whether the receipts are parked, whether it is over. */
export function DisputeBadge({ view, dispute: { state, settled, parked, overdue } }: Props) {
  const t = view.t.dispute;
  return (
    <>
      <span class={`marker ${settled ? "good" : "warn"}`}>
        {t.states[state]}
        {settled ? ` · ${t.settled}` : ""}
      </span>
      {parked ? <span class="marker info">{t.parked}</span> : null}
      {overdue ? <span class="marker bad">{view.t.finance.overdue}</span> : null}
    </>
  );
}
