import type { StatementMoney } from "../../../node/payments/money-state.ts";
import type { View } from "../view.ts";

const TONES: { readonly [S in StatementMoney["state"]]: string } = {
  agreed: "",
  invoiced: "info",
  "partly-paid": "warn",
  "paid-unconfirmed": "info",
  paid: "good",
};

type Props = { view: View; money: Pick<StatementMoney, "state" | "isOverdue"> };

/** How far a signed statement is on its way to money. */
export function MoneyBadge({ view, money: { state, isOverdue } }: Props) {
  const t = view.t.statement;
  return (
    <>
      <span class={`marker ${TONES[state]}`}>{t.moneyStates[state]}</span>
      {isOverdue ? <span class="marker bad">{t.overdue}</span> : null}
    </>
  );
}
