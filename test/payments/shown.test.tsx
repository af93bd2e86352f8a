import { expect, it, vi } from "vitest";
import { PaymentRow } from "../../gateway/console/pages/payment-row.tsx";
import { messagesIn, type View } from "../../gateway/console/view.ts";
import type { PaymentView } from "../../node/payments/list-payments.ts";
import { paymentRow } from "../../scripts/cli/verbs/payments.ts";

const payment: PaymentView = {
  ...{ id: "P-2", row: 4, date: "2026-11-06", fen: "10000", direction: "in", isReversal: true, currency: "CNY" },
  ...{ ownAccount: "6222000000000000009", account: "6222021111111111111", name: "专户", text: "退汇" },
  ...{ bankReference: "B-1", origin: { source: "ccb", file: "0".repeat(64), row: 4 }, region: "500000" },
  ...{ state: "open", rule: "reversal", allocations: [], proposal: null, rejectedFor: null, duplicateOf: null },
  ...{ suggestions: [{ allocations: [], returns: "P-1", text: { zh: "金额相同", en: "Same amount" } }], revision: 1 },
  leftFen: "0",
};

const principal = { userId: "one", name: "one", roles: ["finance"], region: "510100" };
const view = { t: messagesIn.zh, language: "zh", nameOf: (id: string) => id, principal, csrf: "" } as unknown as View;
const page = (of: PaymentView) => (<PaymentRow view={view} payment={of} />).toString();

it("shows a reversal with its sign and word, and offers what it may return but no claim", () => {
  vi.stubEnv("HELIU_LANG", "zh");
  expect(page(payment)).toContain("−100.00");
  expect(page(payment)).toContain("退汇/冲正");
  expect(page(payment)).toContain('name="returns" value="P-1"');
  expect(page(payment)).not.toContain('name="allocation"');
  expect(paymentRow(payment)).toEqual(["P-2", "2026-11-06", "-100.00 退汇", "500000", "open (reversal)", "退回 P-1"]);
});

it("says of a reversal of what was confirmed that people correct it", () => {
  vi.stubEnv("HELIU_LANG", "zh");
  const confirmed: PaymentView = { ...payment, rule: "reversal-confirmed" };
  expect(page(confirmed)).toContain("以后账期更正");
  expect(paymentRow(confirmed).at(-1)).toContain("以后账期更正");
});

it("shows what is left of a payment, and offers to take up again what was left out", () => {
  vi.stubEnv("HELIU_LANG", "zh");
  const allocations = [{ reference: "HE7K3Q9M2ABX", fen: "7000" }];
  const rest: PaymentView = {
    ...payment,
    isReversal: false,
    rule: "rest",
    suggestions: [],
    allocations,
    leftFen: "3000",
  };
  expect(page(rest)).toContain("余 30.00 元");
  expect(paymentRow(rest).at(-1)).toBe("HE7K3Q9M2ABX 70.00, 余 30.00 元");
  const rejected = page({ ...rest, state: "rejected", rejectedFor: "多付" });
  expect(rejected).toContain("排除理由:多付");
  expect(rejected).toContain('name="reference"');
  expect(rejected).not.toContain('value="reject"');
});
