import { type Details, type Failure, filled, ok, type Result, refusals } from "../kernel/exchange-error.ts";
import type { Text } from "../kernel/text.ts";

/** The names of settlement.md §16 that a computation may answer with. */
const codes = {
  BAD_ID: "invalid-input",
  BAD_PERIOD: "invalid-input",
  BAD_INTEGER: "invalid-input",
  BAD_WEIGHT: "invalid-input",
  BAD_QUANTITY: "invalid-input",
  BAD_PRICE: "invalid-input",
  BAD_RATE: "invalid-input",
  BAD_VAT_RATE: "invalid-input",
  BAD_ACTIVE_DAYS: "invalid-input",
  BAD_DENOMINATOR: "invalid-input",
  NO_WEIGHT: "invalid-input",
  DUPLICATE_PARTY: "invalid-input",
  UNKNOWN_PARTY: "invalid-input",
  UNKNOWN_SCHEME: "invalid-input",
  BAD_BRACKETS: "invalid-input",
  BAD_GAME: "invalid-input",
  GUARANTEE_INFEASIBLE: "limit-exceeded",
  VAT_SHARES_MISMATCH: "integrity",
  UNKNOWN_PRODUCT: "invalid-input",
  DUPLICATE_LINE: "invalid-input",
  UNKNOWN_COST: "invalid-input",
  UNKNOWN_RESOURCE: "invalid-input",
  PARTY_NOT_ACTIVE: "invalid-input",
  TREE_BAD_PREFIX: "invalid-input",
  NETTING_SELF: "invalid-input",
  NETTING_AMOUNT: "invalid-input",
  LEDGER_ASSET_MISMATCH: "invalid-input",
} as const;
export type SettlementCode = keyof typeof codes;

const refuse = refusals(codes);

/** One sentence per code; `{name}` is filled in from the details, so that the sentence names the value at fault. */
const texts: { readonly [code in SettlementCode]: Text } = {
  BAD_ID: {
    zh: "标识“{value}”不符合要求(1–128 个 ASCII 字符,以字母或数字开头;以 ~ 开头的标识为系统保留);请更正后重新提交。",
    en: 'The id "{value}" is not allowed (1–128 ASCII characters, beginning with a letter or digit; ids with ~ are the system\'s own). Correct it and submit again.',
  },
  BAD_PERIOD: {
    zh: "结算期“{value}”无效:应为 YYYY-MM,且使用期不得晚于结算期;请更正。",
    en: 'The period "{value}" is not valid: write YYYY-MM, and no usage period may lie after the settling period. Correct it.',
  },
  BAD_INTEGER: {
    zh: "{field} 的值“{value}”不是规范的十进制整数(不带小数点、前导零或加号);请更正。",
    en: 'The value "{value}" of {field} is not a plain decimal integer (no point, leading zero or plus sign). Correct it.',
  },
  BAD_WEIGHT: {
    zh: "权重“{value}”无效:请写成 35、0.35 或 7/20 这样的非负数。",
    en: 'The weight "{value}" is not valid: write a number from zero up as 35, 0.35 or 7/20.',
  },
  BAD_QUANTITY: {
    zh: "数量不成立:{value}。数量须为整数,且免费用量在 0 与总用量之间,更正不得超过已用量;请核对计量记录。",
    en: "The quantity does not hold: {value}. Quantities are whole, free use lies between 0 and all use, and no correction takes back more than was used. Check the metering.",
  },
  BAD_PRICE: {
    zh: "价格“{value}”无效:单价与上限为非负的微元整数,计价单位至少为 1;请更正协议条款。",
    en: 'The price "{value}" is not valid: prices and caps are whole micro-yuan from 0 up, and "per" is at least 1. Amend the terms.',
  },
  BAD_RATE: {
    zh: "费率 {value} 个基点超过 100%;请更正协议条款。",
    en: "A rate of {value} basis points is above 100 %. Amend the terms.",
  },
  BAD_VAT_RATE: {
    zh: "增值税率 {value} 个基点不在 0 至 100% 之间;请更正协议条款。",
    en: "A VAT rate of {value} basis points is not between 0 and 100 %. Amend the terms.",
  },
  BAD_ACTIVE_DAYS: {
    zh: "参与天数 {value} 不在 0 与本期天数 {days} 之间;请按已签署的加入或退出通知更正。",
    en: "{value} active days are not between 0 and the {days} days of the period. Correct them after the signed notice.",
  },
  BAD_DENOMINATOR: {
    zh: "分母 {value} 必须大于零;请检查除数的来源。",
    en: "The denominator {value} must be above zero. Check where the divisor comes from.",
  },
  NO_WEIGHT: {
    zh: "{lineId} 没有任何参与方具有权重,金额无法分配,因此不结算;请修订协议的分配方案或指定后备权重。",
    en: "Nobody has a weight on {lineId}, so the amount cannot be split and nothing settles. Amend the scheme or name fallback weights.",
  },
  DUPLICATE_PARTY: {
    zh: "“{value}”出现了两次;请合并为一项。",
    en: '"{value}" is listed twice. Make it one entry.',
  },
  UNKNOWN_PARTY: {
    zh: "“{value}”不是本协议的参与方;请先把它加入协议,或从方案中删去。",
    en: '"{value}" is no party of this agreement. Add it to the agreement first, or take it out of the scheme.',
  },
  UNKNOWN_SCHEME: {
    zh: "不认识分配方案“{value}”;可用:{known}。",
    en: 'The scheme "{value}" is not known; there are {known}.',
  },
  BAD_BRACKETS: {
    zh: "分档不成立:{value}。上限须大于零且逐档递增,仅最后一档不设上限,各档参与方与顺序相同。",
    en: "The brackets do not hold: {value}. Bounds are above zero and ascending, only the last one is open, and each bracket names the same parties in the same order.",
  },
  BAD_GAME: {
    zh: "夏普利值的收益函数不成立:{value};请更正协议条款。",
    en: "The worth function of the Shapley scheme does not hold: {value}. Amend the terms.",
  },
  GUARANTEE_INFEASIBLE: {
    zh: "保底合计尚缺 {value} 分,本期收益不足以补齐,按协议不结算;请各方协商修订保底或改为按比例补足。",
    en: "The guaranteed minima lack {value} fen that this period does not have, and the agreement says to refuse. Amend the floors or settle on scaling.",
  },
  VAT_SHARES_MISMATCH: {
    zh: "各方份额({value} 分)与含税金额({gross} 分)不符或正负混杂,无法分摊税额;请核对分配结果。",
    en: "The shares ({value} fen) do not add up to the gross amount ({gross} fen) or have mixed signs, so the tax cannot be split. Check the allocation.",
  },
  UNKNOWN_PRODUCT: {
    zh: "产品“{value}”不在本协议的价目中;请核对凭据或修订协议。",
    en: 'The product "{value}" has no price in this agreement. Check the receipts or amend the agreement.',
  },
  DUPLICATE_LINE: {
    zh: "同一行 {value} 在本期出现两次;每个产品、每个使用期只能有一行。",
    en: "The line {value} appears twice in this period; there is one line per product and usage period.",
  },
  UNKNOWN_COST: {
    zh: "成本项“{value}”不在协议条款中或重复申报;请从申报中删去,或先修订协议。",
    en: 'The cost "{value}" is not in the terms, or declared twice. Take it out of the declaration, or amend the agreement first.',
  },
  UNKNOWN_RESOURCE: {
    zh: "资源“{value}”没有约定补偿单价;请从申报中删去,或先修订协议。",
    en: 'No rate is agreed for the resource "{value}". Take it out of the declaration, or amend the agreement first.',
  },
  PARTY_NOT_ACTIVE: {
    zh: "参与方“{value}”在该时间已退出协议,其后的凭据不予受理。",
    en: 'The party "{value}" had left the agreement by then; receipts after its last day are refused.',
  },
  TREE_BAD_PREFIX: {
    zh: "树前缀“{value}”应为 0–64 位小写十六进制数字,且不得落在同一轮的其他前缀之下;请检查请求。",
    en: 'The tree prefix "{value}" must be 0–64 lower-case hex digits and lie under no other one of its round. Check the request.',
  },
  NETTING_SELF: {
    zh: "债务不能由 {value} 付给自己;请检查轧差输入。",
    en: "{value} cannot owe itself. Check the input of the netting.",
  },
  NETTING_AMOUNT: {
    zh: "轧差金额“{value}”必须是非负整数分;负数应写成反方向的债务。",
    en: 'The amount "{value}" must be whole fen from 0 up; write a negative one as an obligation the other way.',
  },
  LEDGER_ASSET_MISMATCH: {
    zh: "一笔分录的借贷双方资产不同({value});请分开记账。",
    en: "The two sides of one posting hold different assets ({value}). Post them apart.",
  },
};

/**
 * Inside a computation a refusal travels as an exception, so that the arithmetic reads as arithmetic; `attempt` turns
 * it into a `Result` where the computation ends. It never leaves the room.
 */
class SettlementFault extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.error.code);
    this.failure = failure;
  }
}

export function fail(code: SettlementCode, details: Details = {}): never {
  throw new SettlementFault(refuse(code, filled(texts[code], details), details));
}

export function attempt<T>(compute: () => T): Result<T> {
  try {
    return ok(compute());
  } catch (fault) {
    if (fault instanceof SettlementFault) return fault.failure;
    throw fault;
  }
}
