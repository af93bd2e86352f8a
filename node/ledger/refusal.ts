import { type Failure, filled, refusals } from "../kernel/exchange-error.ts";
import type { Text } from "../kernel/text.ts";

const codes = {
  LEDGER_ACCOUNT_EXISTS: "conflict",
  LEDGER_ID_TAKEN: "conflict",
  LEDGER_AMOUNT: "invalid-input",
  LEDGER_UNKNOWN_ACCOUNT: "not-found",
  LEDGER_SAME_ACCOUNT: "invalid-input",
  LEDGER_ASSET_MISMATCH: "invalid-input",
  LEDGER_PERIOD_CLOSED: "conflict",
  LEDGER_OVERDRAWN: "limit-exceeded",
  LEDGER_PENDING_EXPIRED: "conflict",
  LEDGER_UNKNOWN_TRANSFER: "not-found",
  LEDGER_NOT_PENDING: "conflict",
  LEDGER_EXCEEDS_PENDING: "limit-exceeded",
  LEDGER_NOT_REVERSIBLE: "conflict",
  LEDGER_ALREADY_REVERSED: "conflict",
  LEDGER_PENDING_IN_PERIOD: "conflict",
  LEDGER_IDEMPOTENCY_CONFLICT: "conflict",
  LEDGER_UNBALANCED: "integrity",
  LEDGER_AS_OF: "invalid-input",
} as const;
export type LedgerCode = keyof typeof codes;

const declare = refusals(codes);

const texts: { readonly [code in LedgerCode]: Text } = {
  LEDGER_ACCOUNT_EXISTS: {
    zh: "账户 {value} 已存在;无需重复开户,可直接记账。",
    en: "The account {value} exists already; post to it without opening it again.",
  },
  LEDGER_ID_TAKEN: {
    zh: "分录编号 {value} 已被使用;请换一个编号,或用原幂等键重试。",
    en: "The transfer id {value} is taken; choose another, or retry with the first key.",
  },
  LEDGER_AMOUNT: {
    zh: "金额“{value}”必须是大于零的整数;负数请交换借贷方向。",
    en: 'The amount "{value}" must be a whole number above zero; swap the sides for a negative one.',
  },
  LEDGER_UNKNOWN_ACCOUNT: {
    zh: "账户 {value} 尚未开立;请先开户。",
    en: "The account {value} has not been opened; open it first.",
  },
  LEDGER_SAME_ACCOUNT: {
    zh: "借贷双方是同一账户 {value};分录必须涉及两个账户。",
    en: "Both sides are the account {value}; a transfer needs two.",
  },
  LEDGER_ASSET_MISMATCH: {
    zh: "借贷双方资产不同({value});请按同一资产分别记账。",
    en: "The two sides hold different assets ({value}); post each asset apart.",
  },
  LEDGER_PERIOD_CLOSED: {
    zh: "期间 {value} 已关账,不再接受记账;请记入未关账的期间。",
    en: "The period {value} is closed; post into an open one.",
  },
  LEDGER_OVERDRAWN: {
    zh: "账户 {value} 余额不足以支付;请核对金额或先入账。",
    en: "The account {value} does not hold that much; check the amount, or let it be funded first.",
  },
  LEDGER_PENDING_EXPIRED: {
    zh: "暂记 {value} 已过期;请重新发起。",
    en: "The pending transfer {value} has expired; pend it anew.",
  },
  LEDGER_UNKNOWN_TRANSFER: {
    zh: "没有编号为 {value} 的分录;请核对编号。",
    en: "There is no transfer {value}; check the id.",
  },
  LEDGER_NOT_PENDING: {
    zh: "分录 {value} 已不是待记状态(已入账、作废或过期);无需再处理。",
    en: "The transfer {value} is not pending any more (posted, voided or expired); nothing is left to do.",
  },
  LEDGER_EXCEEDS_PENDING: {
    zh: "入账金额 {value} 超过暂记金额;请减少金额或另记一笔。",
    en: "The amount {value} is more than is pending; post less, or make another transfer.",
  },
  LEDGER_NOT_REVERSIBLE: {
    zh: "分录 {value} 未入账或本身就是冲正,不能冲正。",
    en: "The transfer {value} was not posted, or is a reversal itself; it cannot be reversed.",
  },
  LEDGER_ALREADY_REVERSED: {
    zh: "分录 {value} 已被冲正;请核对账簿。",
    en: "The transfer {value} has been reversed already; check the books.",
  },
  LEDGER_PENDING_IN_PERIOD: {
    zh: "期间 {value} 或更早仍有待记分录;请先入账或作废后再关账。",
    en: "Transfers of {value} or earlier are still pending; post or void them before closing.",
  },
  LEDGER_IDEMPOTENCY_CONFLICT: {
    zh: "幂等键 {value} 已用于内容不同的操作;重试须与第一次完全相同。",
    en: "The key {value} was used for an operation with other content; a retry must repeat the first exactly.",
  },
  LEDGER_UNBALANCED: {
    zh: "账簿自检不通过:{value};请停止记账并从备份核对。",
    en: "The books fail their own check: {value}. Stop posting and compare with a backup.",
  },
  LEDGER_AS_OF: {
    zh: "无法按“{value}”查询历史余额;发生时间写日期(2026-10-31)或期间(2026-10),获知时间写带时区的时刻或已有分录序号。",
    en: "Balances cannot be asked as of {value}; happenedUntil is a date (2026-10-31) or a period (2026-10), knownAt an instant with its zone or a number of entries that exist.",
  },
};

export function refuse(code: LedgerCode, value: string): Failure {
  return declare(code, filled(texts[code], { value }), { value });
}
