import type { Authorisation } from "./catalog/authorisation.ts";
import type { Catalog } from "./catalog/service.ts";
import type { NodeConfig } from "./config.ts";
import { instantOf } from "./kernel/instant.ts";
import type { Rules } from "./rules/service.ts";
import type { DisclosureSources } from "./settlement/insight/service.ts";

/** Where the rule packs say nothing, the date of the notice they would cite; shown as not confirmed. */
const USUAL_DUE = "03-31";

/** What the yearly disclosure takes from other rooms: authorisation records, catalogue entries, the due date. */
export function disclosureSources(
  config: NodeConfig,
  catalog: Pick<Catalog, "get">,
  rules: Pick<Rules, "resolve">,
  authorisations: () => readonly Authorisation[],
): DisclosureSources {
  return {
    regionName: config.region.name,
    authorisations,
    async entry(id) {
      const found = await catalog.get(id);
      return found.ok ? found.value : undefined;
    },
    due(nowMs) {
      const rule = rules.resolve("disclosure.annualDueMonthDay", instantOf(nowMs));
      if (!rule.ok || typeof rule.value.value !== "string") {
        return { monthDay: USUAL_DUE, rule: "disclosure.annualDueMonthDay", verified: false };
      }
      return { monthDay: rule.value.value, rule: rule.value.rule, verified: rule.value.verified };
    },
  };
}
