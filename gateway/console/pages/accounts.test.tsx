import { expect, it } from "vitest";
import { messagesIn, type View } from "../view.ts";
import { AccountsPage } from "./accounts.tsx";

it("lets those agree to an account for whom it waits, and not who registered it", () => {
  const view = {
    ...{
      t: messagesIn.zh,
      language: "zh",
      nameOf: (id: string) => id,
      formToken: "",
      region: { id: "510100", name: "成都市" },
    },
    ...{ address: "/console/payments/accounts", waiting: [], nowMs: Date.parse("2026-11-24T02:00:00.000Z") },
    principal: { userId: "one", name: "one", roles: ["finance"], region: "510100" },
  } as unknown as View;
  const account = { account: "6222021111111111111", region: "500000", name: "重庆专户", isInForce: false };
  const accounts = [{ ...account, addedAt: "2026-11-24T01:00:00.000Z" }];
  const shown = (waiting: readonly string[]) => {
    const model = { accounts, regions: ["500000"], waiting: new Set(waiting), done: undefined };
    return (<AccountsPage view={view} model={model} />).toString();
  };
  const agree = /<summary[^>]*>同意</;
  expect(shown([account.account])).toMatch(agree);
  expect(shown([])).not.toMatch(agree);
  expect(shown([])).toContain("等待另一人登记相同内容");
});
