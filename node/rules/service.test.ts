import { describe, expect, it } from "vitest";
import { bundledCalendar, bundledPacks } from "./bundled.ts";
import type { RulePack } from "./model.ts";
import { loadRules } from "./service.ts";

const NOON = "2026-09-18T04:00:00.000Z";
const chengdu = loadRules(bundledPacks("510100"), bundledCalendar());
const chongqing = loadRules(bundledPacks("500000"), bundledCalendar());

describe("resolving a rule", () => {
  it("lets the nearest level win: country, city, agreement with the peer", () => {
    const value = (rules: typeof chengdu, peer?: string) => {
      const found = rules.resolve("share.replyDays", NOON, peer);
      return found.ok ? [found.value.value, found.value.pack.id, found.value.verified] : found.error.code;
    };
    expect(value(chongqing)).toEqual([10, "cn-national", false]);
    expect(value(chengdu)).toEqual([7, "cn-5101", false]);
    expect(value(chengdu, "500000")).toEqual([5, "agr-510100-500000", false]);
    expect(value(chengdu, "500100")).toEqual([7, "cn-5101", false]);
  });

  it("takes the rule in force on the day of receipt, in China", () => {
    // 2025-08-01 begins at 16:00 UTC of the day before.
    expect(chengdu.resolve("share.acceptDays", "2025-07-31T15:59:59.999Z")).toMatchObject({
      error: { code: "RULES_MISSING" },
    });
    expect(chengdu.resolve("share.acceptDays", "2025-07-31T16:00:00.000Z")).toMatchObject({ ok: true });
  });

  const packs = (mode: "fixed" | "tighten-only" | "overridable", key: string, unit: string, nearer: object) => {
    const rule = { ...nationalRule, key, unit, override: mode };
    const city = { ...rule, override: "overridable" as const, ...nearer };
    return loadRules(
      [
        { ...pack, id: "n", level: "national" as const, rules: [rule] },
        { ...pack, id: "c", level: "municipal" as const, rules: [city] },
      ],
      bundledCalendar(),
    ).resolve(key, NOON);
  };

  it("ignores a nearer rule where the level above is fixed, and says so", () => {
    expect(packs("fixed", "x.days", "workday", { value: 3 })).toMatchObject({
      value: { value: 10, pack: { id: "n" }, overruled: [{ pack: "c@1", why: "fixed" }] },
    });
  });

  it("takes only shorter deadlines and longer retention where the level above may only be tightened", () => {
    expect(packs("tighten-only", "x.days", "workday", { value: 3 })).toMatchObject({ value: { value: 3 } });
    expect(packs("tighten-only", "x.days", "workday", { value: 11 })).toMatchObject({ value: { value: 10 } });
    expect(packs("tighten-only", "x.minMonths", "month", { value: 11 })).toMatchObject({ value: { value: 10 } });
    expect(packs("tighten-only", "x.logMinMonths", "month", { value: 12 })).toMatchObject({ value: { value: 12 } });
    expect(packs("tighten-only", "x.logMinMonths", "month", { value: 6 })).toMatchObject({ value: { value: 10 } });
  });

  it("takes a longer deadline only with a stated reason", () => {
    expect(packs("overridable", "x.days", "workday", { value: 15 })).toMatchObject({
      value: { value: 10, overruled: [{ why: "no-reason" }] },
    });
    expect(packs("overridable", "x.days", "workday", { value: 15, reason: "flood season" })).toMatchObject({
      value: { value: 15 },
    });
  });
});

describe("a deadline", () => {
  it("ends at midnight in China after the last workday, and carries its rule, calendar and mark", () => {
    expect(chongqing.deadline("share.replyDays", Date.parse(NOON))).toEqual({
      ok: true,
      value: {
        until: "2026-10-09T16:00:00.000Z",
        provisional: false,
        rule: "cn-national@2025.11.0/share.replyDays",
        calendar: "1.0.0",
        verified: false,
      },
    });
  });

  it("is provisional where it runs into a year whose notice is not loaded", () => {
    const received = Date.parse("2026-12-24T04:00:00.000Z");
    expect(chongqing.deadline("share.replyDays", received)).toMatchObject({
      value: { until: "2027-01-08T16:00:00.000Z", provisional: true },
    });
  });

  it("counts hours from the moment itself", () => {
    expect(chengdu.deadline("incident.riskReportHours", Date.parse(NOON))).toMatchObject({
      value: { until: "2026-09-19T04:00:00.000Z", provisional: false },
    });
  });

  it("is refused without packs, without a calendar, in an unknown year, and for a rule that is no period", () => {
    const at = Date.parse(NOON);
    const code = (result: { ok: boolean; error?: { code: string } }) => result.error?.code;
    expect(code(loadRules([], bundledCalendar()).deadline("share.replyDays", at))).toBe("RULES_MISSING");
    expect(code(loadRules(bundledPacks("510100"), undefined).deadline("share.replyDays", at))).toBe("CALENDAR_MISSING");
    expect(code(chengdu.deadline("share.replyDays", Date.parse("2031-03-01T04:00:00.000Z")))).toBe("CALENDAR_MISSING");
    expect(code(chengdu.deadline("price.capPerProduct", at))).toBe("RULE_NOT_A_PERIOD");
  });
});

const nationalRule: RulePack["rules"][number] = {
  key: "x.days",
  value: 10,
  unit: "workday",
  citation: { title: "example" },
  verified: true,
  verifiedFrom: null,
  evidence: "primary",
  effectiveFrom: "2025-01-01",
  effectiveFromVerified: true,
  effectiveTo: null,
  override: "overridable",
};
const pack = {
  version: "1",
  jurisdiction: "000000",
  name: "",
  parent: null,
  publishedAt: "2025-01-01",
  status: "test",
};
