import { describe, expect, it } from "vitest";
import type { InvoiceFacts } from "../../../node/payments/invoice-facts.ts";
import type { Invoice } from "../../../node/payments/model.ts";
import type { StatementMoney } from "../../../node/payments/money-state.ts";
import type { StatementModel } from "../statement-model.ts";
import { messagesIn, type View } from "../view.ts";
import { Money } from "./statement-money.tsx";

const [SELLER, BUYER] = ["510100", "500000"] as const;
const about = { periodId: "2026-10", agreementId: "AGR-1" };
const standing: Invoice = {
  ...{ ...about, number: "FP-1", date: "2026-11-04", fen: "30000", issuer: SELLER },
  recordedAt: "2026-11-04T02:00:00.000Z",
};
const cancelled: Invoice = {
  ...{ ...standing, number: "FP-2", fen: "40000", cancelledAt: "2026-11-04T03:00:00.000Z" },
  cancelledFor: "金额有误",
};

function shown(region: string, { leftFen }: { leftFen: string }, roles = ["finance"]): string {
  const invoices = [standing, cancelled];
  const invoicedFen = (40_000n - BigInt(leftFen)).toString();
  const money: StatementMoney = {
    ...{ ...about, entryName: "电梯", peer: BUYER, amountFen: "40000", invoicedFen, invoices, payments: [] },
    ...{ state: "agreed", isOverdue: false, isDisputed: false, dueAt: null, dueRule: "—", dueVerified: true },
    ...{ round: null, closedAt: null },
  };
  const invoice = { ...about, seller: SELLER, buyer: BUYER, amountFen: "40000", invoicedFen, leftFen, invoices };
  const view = { t: messagesIn.zh, language: "zh", nameOf: (id: string) => id, formToken: "", region: { id: region } };
  const model = { one: about, money, invoice: invoice as unknown as InvoiceFacts } as unknown as StatementModel;
  return (<Money view={{ ...view, principal: { roles } } as unknown as View} model={model} />).toString();
}

describe("the invoices of a statement", () => {
  it("say how much is invoiced, and what was cancelled and why", () => {
    for (const region of [SELLER, BUYER]) {
      const page = shown(region, { leftFen: "10000" });
      expect(page).toContain("已开票 300.00 / 400.00 元");
      expect(page).toMatch(/<s>FP-2.*<\/s> 已作废:金额有误/);
    }
  });

  it("are recorded and cancelled at the seller, by finance, over what is left", () => {
    const desk = shown(SELLER, { leftFen: "10000" });
    expect(desk).toContain('placeholder="100.00"');
    expect(desk.match(/invoice\/cancel"/g)).toHaveLength(1);
    expect(shown(SELLER, { leftFen: "0" })).not.toContain("登记发票");
    for (const page of [shown(BUYER, { leftFen: "10000" }), shown(SELLER, { leftFen: "10000" }, ["auditor"])]) {
      expect(page).not.toMatch(/登记发票|<form/);
    }
    expect(shown(BUYER, { leftFen: "10000" })).toContain(`发票由卖方 ${SELLER} 开具并登记`);
  });
});
