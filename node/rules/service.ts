import { sha256Hex } from "../kernel/digest.ts";
import { type Failure, ok, type Result, refusals } from "../kernel/exchange-error.ts";
import { chinaDateOf, endOfChinaDate, type Instant, instantOf, msOf } from "../kernel/instant.ts";
import type { CalendarData, Citation, OverrideMode, RuleLevel, RulePack, RuleValue } from "./model.ts";
import { type ResolvedRule, resolveRule } from "./resolve.ts";
import {
  type DueDate,
  dueAfterDays,
  dueAfterMonths,
  dueAfterWorkdays,
  dueOnMonthDay,
  type Stop,
  type WorkCalendar,
  workCalendar,
} from "./workday.ts";

type RuleAnswer = {
  readonly value: RuleValue;
  readonly unit: string;
  readonly pack: { readonly id: string; readonly version: string };
  /** `cn-national@2025.11.0/share.replyDays`: what a decision names as its rule. */
  readonly rule: string;
  readonly verified: boolean;
  readonly citation: Citation;
  readonly overruled: ResolvedRule["overruled"];
};

/** Everything needed to explain a due time later, and to compute it again. Source: domain.md INV-14. */
export type Deadline = {
  readonly until: Instant;
  readonly provisional: boolean;
  readonly rule: string;
  readonly calendar: string;
  readonly verified: boolean;
};

type ListedRule = {
  readonly key: string;
  readonly value: RuleValue;
  readonly unit: string;
  readonly level: RuleLevel;
  readonly pack: { readonly id: string; readonly version: string; readonly name: string };
  readonly override: OverrideMode;
  readonly verified: boolean;
  readonly citation: Citation;
  readonly effectiveFrom: string;
  readonly effectiveTo: string | null;
};

type DeadlineOptions = { readonly peer?: string; readonly stops?: readonly Stop[] };

/** The rules of one region as other rooms see them. `peer` brings in what was agreed with that region. */
export type Rules = {
  readonly resolve: (key: string, on: Instant, peer?: string) => Result<RuleAnswer>;
  readonly deadline: (key: string, receivedAtMs: number, options?: DeadlineOptions) => Result<Deadline>;
  /** Those in force, by content: who makes a decision again needs the very same. */
  readonly packs: () => readonly { readonly id: string; readonly version: string; readonly digest: string }[];
  readonly list: () => readonly ListedRule[];
};

const refuse = refusals({
  RULES_MISSING: "unavailable",
  CALENDAR_MISSING: "unavailable",
  RULE_NOT_A_PERIOD: "invalid-input",
});

/** `packs` are those of one region (`bundled.ts` selects them). Without packs or calendar every question is refused. */
export function loadRules(packs: readonly RulePack[], calendarData: CalendarData | undefined): Rules {
  const calendar = calendarData === undefined ? undefined : workCalendar(calendarData);
  const inForce = packs.map((pack) => ({ id: pack.id, version: pack.version, digest: contentDigest(pack) }));

  const resolve: Rules["resolve"] = (key, on, peer) => {
    const found = resolveRule(packs, key, { on: chinaDateOf(msOf(on)), peer });
    return found === undefined ? rulesMissing(key, on) : ok(answerOf(found));
  };

  return {
    resolve,
    deadline(key, receivedAtMs, { peer, stops = [] } = {}) {
      const found = resolve(key, instantOf(receivedAtMs), peer);
      if (!found.ok) return found;
      if (calendar === undefined) return calendarMissing(chinaDateOf(receivedAtMs));
      return deadlineOf(found.value, receivedAtMs, stops, calendar);
    },
    packs: () => inForce,
    list: () => packs.flatMap(listedRules),
  };
}

/** Packs hold numbers, so they have no canonical form; the order of their members is the order of their schema. */
function contentDigest(content: RulePack): string {
  return `sha256:${sha256Hex(JSON.stringify(content))}`;
}

function answerOf({ pack, rule, overruled }: ResolvedRule): RuleAnswer {
  const { value, unit, verified, citation } = rule;
  const name = `${pack.id}@${pack.version}/${rule.key}`;
  return { value, unit, pack: { id: pack.id, version: pack.version }, rule: name, verified, citation, overruled };
}

function listedRules(pack: RulePack): ListedRule[] {
  const { id, version, name, level } = pack;
  return pack.rules.map((rule) => ({
    key: rule.key,
    value: rule.value,
    unit: rule.unit,
    level,
    pack: { id, version, name },
    override: rule.override,
    verified: rule.verified,
    citation: rule.citation,
    effectiveFrom: rule.effectiveFrom,
    effectiveTo: rule.effectiveTo,
  }));
}

function deadlineOf(
  answer: RuleAnswer,
  receivedAtMs: number,
  stops: readonly Stop[],
  calendar: WorkCalendar,
): Result<Deadline> {
  const { rule, verified } = answer;
  const facts = { rule, verified, calendar: calendar.version };
  if (answer.unit === "hour" && typeof answer.value === "number") {
    // Hours run from the stated moment, through nights and holidays.
    return ok({ until: instantOf(receivedAtMs + answer.value * 3_600_000), provisional: false, ...facts });
  }
  const received = chinaDateOf(receivedAtMs);
  if (calendar.coverage(received) === "none") return calendarMissing(received);
  const due = dueDateOf(answer, received, stops, calendar);
  if (due === undefined) return notAPeriod(rule);
  return ok({ until: endOfChinaDate(due.date), provisional: due.provisional, ...facts });
}

function dueDateOf(
  { value, unit }: RuleAnswer,
  received: string,
  stops: readonly Stop[],
  calendar: WorkCalendar,
): DueDate | undefined {
  if (unit === "MM-DD" && typeof value === "string") return dueOnMonthDay(calendar, received, value);
  if (typeof value !== "number") return undefined;
  if (unit === "workday") return dueAfterWorkdays(calendar, received, value, stops);
  if (unit === "day") return dueAfterDays(calendar, received, value);
  if (unit === "month") return dueAfterMonths(calendar, received, value);
  if (unit === "year") return dueAfterMonths(calendar, received, value * 12);
  return undefined;
}

function rulesMissing(key: string, on: Instant): Failure {
  return refuse(
    "RULES_MISSING",
    {
      zh: `${chinaDateOf(msOf(on))} 没有生效的规则 ${key},无法依法办理;请管理员加载覆盖该日期的规则包。`,
      en: `No rule ${key} is in force on ${chinaDateOf(msOf(on))}, so nothing may be granted; have an administrator load a rule pack that covers the day.`,
    },
    { key, on },
  );
}

function calendarMissing(date: string): Failure {
  return refuse(
    "CALENDAR_MISSING",
    {
      zh: `工作日历不含 ${date.slice(0, 4)} 年,无法计算期限;请管理员加载该年度的放假安排。`,
      en: `The working-day calendar does not cover ${date.slice(0, 4)}, so no deadline can be computed; have an administrator load that year's holiday notice.`,
    },
    { date },
  );
}

function notAPeriod(rule: string): Failure {
  return refuse(
    "RULE_NOT_A_PERIOD",
    {
      zh: `规则 ${rule} 不是期限,不能用来计算到期时间;请选择以天、工作日、小时、月或年计的规则。`,
      en: `The rule ${rule} is not a period, so no due time follows from it; use a rule counted in days, workdays, hours, months or years.`,
    },
    { rule },
  );
}
