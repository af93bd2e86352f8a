import { join } from "node:path";
import { narrateAgreements } from "./agreements.ts";
import { narrateAudit } from "./audit.ts";
import { narrateCalls } from "./calls.ts";
import { narrateCatalogues, narrateSearch } from "./catalogues.ts";
import { writeEquipment } from "./equipment.ts";
import { tell } from "./narrate.ts";
import type { DemoRegion } from "./region.ts";
import { narrateSettlement } from "./settlement.ts";
import { narrateTransfers } from "./transfers.ts";

/** The whole way data takes, in the order a bureau would walk it. Every step fails loudly if it does not hold. */
export async function playStory(root: string, chengdu: DemoRegion, chongqing: DemoRegion) {
  const files = await writeEquipment(join(root, "sources"));
  const entries = await narrateCatalogues(chengdu, chongqing, files);
  const search = await narrateSearch(chengdu, chongqing);
  const agreements = await narrateAgreements(chengdu, chongqing);
  const transfers = await narrateTransfers(chengdu, chongqing, agreements);
  const calls = await narrateCalls(chengdu, chongqing, agreements.product, files);
  const { settlement, reports } = await narrateSettlement(
    join(root, "reports"),
    chengdu,
    chongqing,
    agreements.product,
  );
  const audit = await narrateAudit(root, chengdu, chongqing);
  tell("全部步骤成立", "Every step held");
  return {
    ok: true,
    regions: [chengdu, chongqing].map((region) => ({
      id: region.id,
      name: region.name,
      entries: entries[region.id] ?? 0,
      api: region.api,
      rpc: region.rpc,
    })),
    search,
    negotiations: agreements.negotiations,
    outside: transfers.outside,
    transfers: transfers.transfers,
    calls,
    settlement,
    audit,
    reports,
  };
}
