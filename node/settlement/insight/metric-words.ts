import type { Text } from "../../kernel/text.ts";

const WORDS: { readonly [metric: string]: Text } = {
  calls: { zh: "次", en: "calls" },
  rows: { zh: "行", en: "rows" },
  bytes: { zh: "字节", en: "bytes" },
};

/** What people call a metric; one that agreements made up themselves is shown as it is. */
export function metricWord(metric: string): Text {
  return WORDS[metric] ?? { zh: metric, en: metric };
}
