import { expect, it } from "vitest";
import { type Role, roles } from "../../../node/identity/model.ts";
import type { View } from "../view.ts";
import { ReceiptLink } from "./receipt-link.tsx";

it("leads to the receipt for whoever may read it, and is its number alone for the others", () => {
  const shown = (role: Role) => {
    const view = { principal: { userId: "u-1", name: "某人", roles: [role], region: "510100" } } as unknown as View;
    return (<ReceiptLink view={view} id="r/1" seq="1200" />).toString();
  };
  const readers: readonly Role[] = ["finance", "auditor", "approver", "requester", "publisher"];
  for (const role of roles) {
    const link = '<a href="/console/receipts/r%2F1">1,200</a>';
    expect([role, shown(role)]).toEqual([role, readers.includes(role) ? link : "<span>1,200</span>"]);
  }
});
