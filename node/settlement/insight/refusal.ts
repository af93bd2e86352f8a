import { type Details, type Failure, filled, refusals } from "../../kernel/exchange-error.ts";
import type { Text } from "../../kernel/text.ts";

const codes = {
  REPLAY_DIFFERS: "integrity",
  WHATIF_NOTHING: "not-found",
  WHATIF_CHANGE: "invalid-input",
  PARTY_UNKNOWN: "not-found",
  DERIVATION_NOTHING: "not-yet",
  QUOTE_UNPRICED: "invalid-input",
  QUOTE_UNBOUNDED: "invalid-input",
  QUOTE_REFUSED: "policy-denied",
  QUOTE_NOT_FOUND: "not-found",
  BUDGET_NOT_CONSUMER: "policy-denied",
  BUDGET_AMOUNT: "invalid-input",
  BUDGET_ENDED: "conflict",
  ALERT_NOT_FOUND: "not-found",
  FORECAST_NOTHING: "not-found",
} as const;
export type InsightCode = keyof typeof codes;

const refuse = refusals(codes);

/** `{name}` is filled in from the details. */
const texts: { readonly [code in InsightCode]: Text } = {
  REPLAY_DIFFERS: {
    zh: "协议 {agreementId} 的 {periodId} 按留存数据重算与结算单不一致,不展示推导结果;请运维用 heliu settle recompute 核对。",
    en: "Computed again from what is kept, {periodId} of agreement {agreementId} differs from its statement, so nothing is built on it; let operations check with heliu settle recompute.",
  },
  WHATIF_NOTHING: {
    zh: "协议 {agreementId} 在所选期间没有可试算的结算单;请选择已计算的期间。",
    en: "Agreement {agreementId} has no statement in the periods chosen; choose periods that were computed.",
  },
  WHATIF_CHANGE: {
    zh: "试算的条款变更不成立:{value};请对照协议条款改正。",
    en: "The change of terms cannot be tried: {value}. Correct it by the agreement's terms.",
  },
  PARTY_UNKNOWN: {
    zh: "{value} 不是所选协议的参与方;请核对参与方编号。",
    en: "{value} is no party of the agreements chosen; check its id.",
  },
  DERIVATION_NOTHING: {
    zh: "协议 {agreementId} 的 {periodId} 尚未计算出结算单,暂无推导;关账后再看。",
    en: "There is no statement of {agreementId} for {periodId} yet, so nothing to derive; look again after closing.",
  },
  QUOTE_UNPRICED: {
    zh: "协议 {agreementId} 没有价款条款,使用不计费,无需报价。",
    en: "Agreement {agreementId} has no price, so its use is not charged and needs no quote.",
  },
  QUOTE_UNBOUNDED: {
    zh: "无法给出上限:{value} 未给出预计数量,协议也没有累计上限;请填写 calls、rows 或 bytes。",
    en: "No upper bound can be given: no estimate of {value}, and the agreement has no limit in all. Give calls, rows or bytes.",
  },
  QUOTE_REFUSED: {
    zh: "按协议这次使用会被拒绝,因此不报价:{value}",
    en: "The agreement would refuse this use, so there is no quote: {value}",
  },
  QUOTE_NOT_FOUND: {
    zh: "协议 {agreementId} 没有编号为 {value} 的报价;请核对编号。",
    en: "Agreement {agreementId} has no quote {value}; check the id.",
  },
  BUDGET_NOT_CONSUMER: {
    zh: "预算由协议 {agreementId} 的使用方财务设定;贵方是提供方,只能查看。",
    en: "The budget of agreement {agreementId} is set by the consumer's finance office; as the provider you can read it.",
  },
  BUDGET_AMOUNT: {
    zh: "预算 {value} 不是非负整数分;请改正。",
    en: "The budget {value} is not a whole number of fen from 0 up; correct it.",
  },
  BUDGET_ENDED: {
    zh: "协议 {agreementId} 已到期或终止,不再有用量,不能再设预算;请在接续的协议上设定。",
    en: "Agreement {agreementId} has ended and is used no more, so it takes no budget; set one under the agreement that follows it.",
  },
  ALERT_NOT_FOUND: {
    zh: "协议 {agreementId} 没有提醒 {value};请核对编号。",
    en: "Agreement {agreementId} has no alert {value}; check the id.",
  },
  FORECAST_NOTHING: {
    zh: "协议 {agreementId} 生效后还没有过完一整天,也没有往期可参照,尚不能预测;请明日再看。",
    en: "No whole day has passed since agreement {agreementId} came into force, and there is no earlier month to go by, so nothing can be forecast yet; look again tomorrow.",
  },
};

export function refuseInsight(code: Exclude<InsightCode, "QUOTE_REFUSED">, details: Details = {}): Failure {
  return refuse(code, filled(texts[code], details), details);
}

/** What the agreement would say to the use itself, each in its own language. */
export function refuseQuote(why: Text): Failure {
  const text = texts.QUOTE_REFUSED;
  const said = { zh: filled(text, { value: why.zh }).zh, en: filled(text, { value: why.en }).en };
  return refuse("QUOTE_REFUSED", said);
}
