import type { Reason } from "../kernel/reason.ts";
import type { Text } from "../kernel/text.ts";

/** Why a search answers nothing. The entries nobody may see are not among the reasons: their existence is not told. */
export const emptyReasons = {
  SEARCH_INDEX_EMPTY: {
    zh: "检索索引中还没有任何目录条目:本节点可能刚启动或尚未发布、同步目录。请稍后重试,或在“节点”页查看同步状态。",
    en: "The search index holds no entries yet: this node may have just started, or nothing is published or mirrored. Try again shortly, or look at the peers' state.",
  },
  SEARCH_NO_MATCH: {
    zh: "已检索全部地区的目录,没有与此相符的条目。可换用事项的正式名称、减少词语,或向数据主管部门提出需求。",
    en: "The catalogues of all regions were searched and nothing fits. Try the official name, fewer words, or ask the data authority for it.",
  },
  SEARCH_FILTERED_OUT: {
    zh: "有条目与词语相符,但都被所选筛选条件排除;请放宽地区、主题、共享属性等条件。",
    en: "Entries fit the words, but the chosen filters leave none; widen region, theme, sharing or the like.",
  },
  SEARCH_BAD_CURSOR: {
    zh: "翻页标记无效或已过期;请从第一页重新检索。",
    en: "The page cursor is not valid; search again from the first page.",
  },
  SEARCH_NO_MORE: {
    zh: "没有更多结果了。",
    en: "There are no further results.",
  },
} as const satisfies Record<string, Text>;

export function emptyReason(code: keyof typeof emptyReasons): Reason {
  const text = emptyReasons[code];
  return { code, rule: "search.match", turn: null, until: null, verified: true, text, neutral: text };
}
