import { expect, it, vi } from "vitest";
import { NettingPayments } from "../../gateway/console/pages/netting-payments.tsx";
import { messagesIn, type View } from "../../gateway/console/view.ts";
import type { NettingView } from "../../node/payments/netting-service.ts";
import { describePlan } from "../../scripts/cli/verbs/payments.ts";

const plan = (signedAt: string | null, dueAt: string | null): NettingView => ({
  ...{ periodId: "2026-10", round: "1", state: signedAt === null ? "calculated" : "agreed", reason: null },
  ...{ digest: `sha256:${"0".repeat(64)}`, regions: ["500000", "510100"], statements: [], leftOut: [], positions: [] },
  payments: [
    {
      ...{ from: "500000", to: "510100", fen: "34800", reference: "HE7K3Q9M2ABX" },
      ...{ dueAt, paidFen: "0", confirmedAt: null },
    },
  ],
  ...{ signatures: [], document: null, signedAt, closedAt: null, leafIndex: null },
});

const view = { t: messagesIn.zh, language: "zh", nameOf: (region: string) => region } as unknown as View;
const shown = (of: NettingView) => (<NettingPayments view={view} plan={of} />).toString();

it("says of a plan that is not signed that signing sets when it is due, and only of a signed one that no rule does", () => {
  vi.stubEnv("HELIU_LANG", "zh");
  const signedAt = "2026-11-04T02:00:00.000Z";
  const unsigned = plan(null, null);
  expect([shown(unsigned), describePlan(unsigned)].map((text) => /签署后确定/.test(text))).toEqual([true, true]);
  expect([shown(unsigned), describePlan(unsigned)].map((text) => /无期限/.test(text))).toEqual([false, false]);
  const without = plan(signedAt, null);
  expect([shown(without), describePlan(without)].map((text) => /无期限/.test(text))).toEqual([true, true]);
  const due = plan(signedAt, "2026-12-22T16:00:00.000Z");
  expect([shown(due), describePlan(due)].map((text) => /12-22|12月22日|12 月 22 日/.test(text))).toEqual([true, true]);
});
