import { silentLogger } from "../../node/kernel/logger.ts";
import { noMetrics } from "../../node/kernel/metrics.ts";
import type { InsightDeps } from "../../node/settlement/insight/deps.ts";
import { createInsight, type Insight } from "../../node/settlement/insight/service.ts";
import { agreementsIn, receiptsIn } from "../../node/settlement/sources.ts";
import { PROVIDER, type Region, type World } from "./two-regions.ts";

export const requester = (region: string) => ({ userId: "u-2", name: "业务", roles: ["requester"] as const, region });

export function insightDepsOf(world: World, region: Region): InsightDeps {
  return {
    store: region.store,
    runtime: { nowMs: () => world.clock.nowMs, randomBytes: (size) => Buffer.alloc(size, 7), failPoint: () => {} },
    scheduler: { after: () => () => {} },
    logger: silentLogger,
    metrics: noMetrics,
    region: region.region,
    agreements: agreementsIn(region.store),
    receipts: receiptsIn(region.store),
  };
}

export function insightOf(world: World, region: Region): Insight {
  return createInsight({
    ...insightDepsOf(world, region),
    disclosed: {
      regionName: "成都市",
      authorisations: () => [
        {
          id: "AUTH-1",
          regionCode: PROVIDER,
          validFrom: "2025-09-01",
          validTo: "2028-08-31",
          products: ["elevator-1"],
          sources: ["cd-scjg-0001"],
          purposes: ["industrial"],
          operator: "成都市公共数据运营机构",
          implementingBody: "成都市数据局",
        },
      ],
      entry: async () => undefined,
      due: () => ({ monthDay: "03-31", rule: "cn-national/disclosure.annualDueMonthDay", verified: true }),
    },
  });
}
