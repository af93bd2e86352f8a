import type { View } from "../view.ts";
import { Tabs } from "./tabs.tsx";

const TABS = [
  ["periods", "/console/settlements"],
  ["disputes", "/console/settlements/disputes"],
  ["payments", "/console/payments"],
  ["accounts", "/console/payments/accounts"],
  ["whatIf", "/console/what-if"],
] as const;

/** The ways between the pages of finance. */
export function FinanceTabs({ view, current }: { view: View; current: (typeof TABS)[number][0] }) {
  const t = view.t.finance;
  return (
    <nav aria-label={t.tabsLabel}>
      <Tabs current={current} tabs={TABS.map(([id, href]) => ({ id, href, word: t.tabs[id] }))} />
    </nav>
  );
}
