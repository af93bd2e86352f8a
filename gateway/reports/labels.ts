import type { StatementView } from "../../node/settlement/period-view.ts";

/** Words of the reports. They are documents for finance offices, written in Chinese whoever asks for them. */
const ROLES: { readonly [role: string]: string } = {
  provider: "提供方",
  storage: "存储",
  compute: "算力",
  service: "服务",
  operator: "运营机构",
  fund: "调节基金",
};

export const KINDS: { readonly [kind: string]: string } = {
  fund: "基金",
  compensation: "补偿",
  cost: "成本",
  benefit: "收益",
  adjustment: "保底调剂",
};

const SCHEMES: { readonly [scheme: string]: string } = {
  fixed: "约定比例",
  contribution: "按贡献",
  tiers: "累进分档",
  shapley: "沙普利值",
};

export type Names = {
  readonly region: (regionId: string) => string;
  readonly party: (partyId: string) => string;
  readonly role: (partyId: string) => string;
};

export function namesOf(
  statements: readonly Pick<StatementView, "parties">[],
  regionNames: { readonly [regionId: string]: string },
): Names {
  const parties = new Map(statements.flatMap(({ parties: some }) => some).map((party) => [party.partyId, party]));
  const region = (regionId: string) => regionNames[regionId] ?? regionId;
  const roleCode = (partyId: string) => parties.get(partyId)?.role ?? partyId.split(":")[1] ?? "";
  const role = (partyId: string) => ROLES[roleCode(partyId)] ?? roleCode(partyId);
  return {
    region,
    role,
    party: (partyId) => {
      const regionId = parties.get(partyId)?.regionId ?? partyId.split(":")[0] ?? partyId;
      return [region(regionId), role(partyId)].filter((word) => word !== "").join(" ");
    },
  };
}

export function roleOf({ parties }: Pick<StatementView, "parties">, partyId: string): string {
  return parties.find((party) => party.partyId === partyId)?.role ?? "fund";
}

export function schemeName(scheme: string): string {
  return SCHEMES[scheme] ?? scheme;
}

/** `2026-10` → `2026 年 10 月`. */
export function periodName(periodId: string): string {
  const [year = "", month = ""] = periodId.split("-");
  return `${year} 年 ${Number(month)} 月`;
}

/** A product or one of the system's own lines. */
export function productName(productId: string): string {
  return productId === "~deferred" ? "释放以前递延" : productId;
}
