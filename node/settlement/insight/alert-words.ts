import type { Reason } from "../../kernel/reason.ts";
import type { Text } from "../../kernel/text.ts";
import type { Alert, Measure } from "./budget-model.ts";
import { fenWords } from "./derivation-words.ts";
import { metricWord } from "./metric-words.ts";

const MEASURES: { readonly [M in Measure]: Text } = {
  budget: { zh: "本月预算", en: "Budget of the month" },
  maxCallsPerMonth: { zh: "每月调用上限", en: "Calls a month" },
  freeCallsPerMonth: { zh: "每月免费调用", en: "Free calls a month" },
  maxRows: { zh: "累计行数上限", en: "Rows in all" },
  maxBytes: { zh: "累计数据量上限", en: "Volume in all" },
};

/** What people call a limit that is watched. */
export function measureWord(measure: Measure): Text {
  return MEASURES[measure];
}

/** `本月预算已用到 80%`. */
export function alertTitle({ measure, threshold, stopped }: Pick<Alert, "measure" | "threshold" | "stopped">): Text {
  const { zh, en } = measureWord(measure);
  if (stopped === true) return { zh: `${zh}不够再用,计费使用已停`, en: `${en}: spent, charged use has stopped` };
  return { zh: `${zh}已用到 ${threshold}%`, en: `${en}: ${threshold} % reached` };
}

/** How much of how much, and how it stops waiting; nobody is late with it. */
export function alertReason({
  measure,
  used,
  limit,
  stopped,
}: Pick<Alert, "measure" | "used" | "limit" | "stopped">): Reason {
  const [soFar, most] = [amountWords(measure, used), amountWords(measure, limit)];
  const text =
    stopped === true
      ? {
          zh: `当时已用 ${soFar.zh},预算 ${most.zh},所余不够再付一笔,计费使用按使用方的设定被拒绝,提高预算或到下月后恢复;确认知悉后不再列出。`,
          en: `${soFar.en} of ${most.en} were used by then; what is left pays for no more, so charged use is refused, as the consumer set it, until the budget is raised or the next month begins. It waits until somebody notes it.`,
        }
      : {
          zh: `当时已用 ${soFar.zh},上限 ${most.zh};确认知悉后不再列出。`,
          en: `${soFar.en} of ${most.en} were used by then; it waits until somebody notes it.`,
        };
  return { code: "USAGE_ALERT", rule: "usage.alert", turn: null, until: null, verified: true, text, neutral: text };
}

/** An amount of what a limit counts, with its unit. */
export function amountWords(measure: Measure, amount: string): Text {
  if (measure === "budget") return fenWords(amount);
  const unit = metricWord(measure === "maxRows" ? "rows" : measure === "maxBytes" ? "bytes" : "calls");
  return { zh: `${amount} ${unit.zh}`, en: `${amount} ${unit.en}` };
}
