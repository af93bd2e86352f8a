import type { StatementMoney } from "../../../node/payments/money-state.ts";
import { yuan } from "../../reports/money.ts";
import type { View } from "../view.ts";

const TONES: { readonly [S in StatementMoney["state"]]: string } = {
  agreed: "",
  invoiced: "info",
  "partly-paid": "warn",
  "paid-unconfirmed": "info",
  paid: "good",
};

type Props = { view: View; money: Pick<StatementMoney, "state" | "isOverdue" | "amountFen" | "invoicedFen"> };

/** How far a signed statement is on its way to money. */
export function MoneyBadge({ view, money: { state, isOverdue, amountFen, invoicedFen } }: Props) {
  const t = view.t.statement;
  const isInPart = state === "agreed" && invoicedFen !== "0";
  const stands = isInPart ? t.invoicedPart(yuan(invoicedFen), yuan(amountFen)) : t.moneyStates[state];
  return (
    <>
      <span class={`marker ${TONES[state]}`}>{stands}</span>
      {isOverdue ? <span class="marker bad">{t.overdue}</span> : null}
    </>
  );
}
