import { silentLogger } from "../../node/kernel/logger.ts";
import { noMetrics } from "../../node/kernel/metrics.ts";
import type { UsageTerms } from "../../node/policy/model.ts";
import type { InsightDeps } from "../../node/settlement/insight/deps.ts";
import { createInsight, type Insight } from "../../node/settlement/insight/service.ts";
import { type AgreementSource, agreementsIn, receiptsIn } from "../../node/settlement/sources.ts";
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

/** `terms`: what the agreements say otherwise than those of the world. */
export function insightOf(world: World, region: Region, terms: Partial<UsageTerms> = {}): Insight {
  const deps = insightDepsOf(world, region);
  const find: AgreementSource["find"] = async (id) => {
    const found = await deps.agreements.find(id);
    return found === undefined ? undefined : { ...found, terms: { ...found.terms, ...terms } };
  };
  return createInsight({
    ...deps,
    agreements: { ...deps.agreements, find },
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
