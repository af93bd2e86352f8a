import { type CalendarData, calendarSchema, type RulePack, rulePackSchema } from "./model.ts";
import agreement from "./packs/agr-510100-500000.json" with { type: "json" };
import chongqing from "./packs/cn-50.json" with { type: "json" };
import sichuan from "./packs/cn-51.json" with { type: "json" };
import chengdu from "./packs/cn-5101.json" with { type: "json" };
import national from "./packs/cn-national.json" with { type: "json" };
import gaoping from "./packs/ref-140581.json" with { type: "json" };
import qingdao from "./packs/ref-370200.json" with { type: "json" };
import workdays from "./workdays.json" with { type: "json" };

const bundled = [national, sichuan, chongqing, chengdu, gaoping, qingdao, agreement];

/** The packs delivered with the product that concern a region: the country's, its province's, its own, its agreements'. */
export function bundledPacks(region: string): readonly RulePack[] {
  const concerned = new Set(["000000", `${region.slice(0, 2)}0000`, region]);
  return bundled
    .map((pack) => rulePackSchema.parse(pack))
    .filter(({ jurisdiction }) => jurisdiction.split("+").some((division) => concerned.has(division)));
}

export function bundledCalendar(): CalendarData {
  return calendarSchema.parse(workdays);
}
