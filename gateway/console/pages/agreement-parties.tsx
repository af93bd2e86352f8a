import type { PartyEnd } from "../../../node/metering/party-end.ts";
import type { Agreement } from "../../../node/negotiation/model.ts";
import { isOver } from "../../../node/settlement/insight/budgets.ts";
import { Confirm } from "../parts/confirm.tsx";
import { partyName } from "../party-name.ts";
import { holds, type View } from "../view.ts";

type Props = { view: View; agreement: Agreement; left: readonly PartyEnd[] };

/** Who is paid by the agreement and until when; a region's finance office says when one of its own parties leaves. */
export function Parties({ view, agreement, left }: Props) {
  const { price } = agreement.terms;
  if (price === null) return null;
  const t = view.t.usage;
  const lastDayOf = (partyId: string) => left.find((end) => end.partyId === partyId)?.lastDay;
  const here = price.parties.filter(
    ({ partyId, regionId }) => regionId === view.region.id && lastDayOf(partyId) === undefined,
  );
  const mayLeave = holds(view, "finance") && !isOver(agreement) && here.length > 0;
  return (
    <section class="card" id="parties">
      <h2 class="card-header">{t.parties}</h2>
      <ul class="card-body lines">
        {price.parties.map(({ partyId }) => {
          const lastDay = lastDayOf(partyId);
          return (
            <li>
              {partyName(view, partyId)}
              {lastDay === undefined ? null : <strong> · {t.takesPartUntil(lastDay)}</strong>}
            </li>
          );
        })}
      </ul>
      {mayLeave ? (
        <div class="card-footer">
          <Confirm
            view={view}
            action={`/console/agreements/${encodeURIComponent(agreement.id)}/leave`}
            label={t.leave}
            willHappen={t.leaveWill}
            confirm={view.t.negotiation.confirm}
            tone="danger"
          >
            <label class="form-label" for="leave-party">
              {t.leavingParty}
            </label>
            <select class="form-select" id="leave-party" name="party">
              {here.map(({ partyId }) => (
                <option value={partyId}>{partyName(view, partyId)}</option>
              ))}
            </select>
            <label class="form-label" for="leave-day">
              {t.lastDay}
            </label>
            <input class="form-control" id="leave-day" name="lastDay" type="date" required />
          </Confirm>
        </div>
      ) : null}
    </section>
  );
}
