import { periodOf } from "../../node/kernel/instant.ts";
import type { Agreement } from "../../node/negotiation/model.ts";
import type { PeriodView } from "../../node/settlement/period-view.ts";
import { callJson } from "../cli/client.ts";
import type { Operator } from "./operator.ts";
import type { SoakNode } from "./soak-node.ts";

type Sides = { readonly operator: Operator; readonly chengdu: SoakNode; readonly chongqing: SoakNode };

/** The running month closes early at both; each computes, both sign and post. Answers the period. */
export async function playSettlement(sides: Sides, agreement: Agreement): Promise<string> {
  const { operator, chengdu, chongqing } = sides;
  const period = periodOf(Date.now());
  const path = `/settlements/${period}`;
  const look = (node: SoakNode) => () => operator.read<PeriodView>(node, "finance", path);
  for (const node of [chengdu, chongqing]) {
    await operator.write(node, {
      what: `close of ${period} at ${node.id}`,
      act: () =>
        callJson<PeriodView>(node.as("finance"), `${path}/close`, { body: { early: true, reason: "提前结算" } }),
      happened: async () => {
        const seen = await look(node)();
        return seen.closed === null ? undefined : seen;
      },
    });
  }
  const isAgreed = ({ settlements }: PeriodView) =>
    settlements.some(({ agreementId, state }) => agreementId === agreement.id && state === "agreed");
  for (const node of [chengdu, chongqing]) {
    await operator.until(`${node.id} holds the signed statement`, look(node), isAgreed);
    await operator.bytes(node, "finance", `${path}/report?format=json`);
  }
  return period;
}
