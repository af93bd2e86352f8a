import { expect, it } from "vitest";
import { namesOf } from "./labels.ts";

it("calls a product by its catalogue entry, and by its id where it is none", () => {
  const statements = [
    { entryId: "cd-prod-0002", entryName: "特种设备使用登记核验服务" },
    { entryId: "cd-prod-0001", entryName: "特种设备安全风险评价指数", parties: [] },
  ];
  const { product } = namesOf(statements, {}, "zh");
  expect(["cd-prod-0002", "cd-prod-0001", "risk-index", "~deferred"].map(product)).toEqual([
    ...["特种设备使用登记核验服务", "特种设备安全风险评价指数", "risk-index", "释放以前递延"],
  ]);
});
