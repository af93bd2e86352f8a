import type { Agreement } from "../../../node/negotiation/model.ts";
import { isOver } from "../../../node/settlement/insight/budgets.ts";
import type { UsageView } from "../../../node/settlement/insight/usage-view.ts";
import { yuan } from "../../reports/money.ts";
import { shortTime } from "../format.ts";
import { Confirm } from "../parts/confirm.tsx";
import { plainYuanOfFen } from "../trial-form.ts";
import { holds, type View } from "../view.ts";

type Props = { view: View; agreement: Agreement; usage: UsageView; base: string };

/** The consumer's finance office says what a month may cost; everybody sees it. */
export function BudgetForm({ view, agreement, usage: { budget }, base }: Props) {
  const t = view.t.usage;
  const fen = budget?.fen ?? null;
  const mayHere = agreement.role === "consumer" && holds(view, "finance") && !isOver(agreement);
  return (
    <div class="card-body">
      <h3 class="small-head">{t.budget}</h3>
      <p>
        {budget === null || fen === null ? (
          <span class="quiet">{t.noBudget}</span>
        ) : (
          <>
            <strong>{view.t.insight.yuan(yuan(fen))}</strong> · {budget.hardStop ? t.hardStop : t.onlyAlerts}{" "}
            {budget.isStopped ? <strong class="late">{t.stopped}</strong> : null}{" "}
            <small class="quiet">{t.setBy(view.nameOf(budget.setBy), shortTime(budget.setAt, view.nowMs))}</small>
          </>
        )}
      </p>
      {mayHere ? (
        <Confirm
          view={view}
          action={`${base}/budget`}
          label={t.setBudget}
          willHappen={t.budgetWill(view.nameOf(agreement.provider))}
          confirm={view.t.negotiation.confirm}
        >
          <label class="form-label" for="budget-yuan">
            {t.amountYuan}
          </label>
          <input
            class="form-control num"
            id="budget-yuan"
            name="yuan"
            inputmode="decimal"
            value={fen === null ? "" : plainYuanOfFen(fen)}
          />
          <label class="form-check">
            <input
              type="checkbox"
              class="form-check-input"
              name="hardStop"
              value="true"
              checked={budget?.hardStop === true}
            />
            <span class="form-check-label">{t.stopAtBudget}</span>
          </label>
        </Confirm>
      ) : (
        <p class="quiet">{isOver(agreement) ? t.noMoreBudget : t.mayBudget}</p>
      )}
    </div>
  );
}
