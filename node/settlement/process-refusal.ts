import { type Details, type Failure, filled, refusals } from "../kernel/exchange-error.ts";
import type { Text } from "../kernel/text.ts";

const codes = {
  PERIOD_ORDER: "conflict",
  PERIOD_OVERTAKEN: "conflict",
  PERIOD_LEDGER_CLOSED: "conflict",
  PERIOD_BEFORE_AGREEMENT: "invalid-input",
  PERIOD_NOT_OVER: "not-yet",
  PERIOD_FUTURE: "invalid-input",
  EARLY_REASON: "invalid-input",
  SETTLEMENT_NOT_FOUND: "not-found",
  SETTLEMENT_NOT_PARTY: "not-found",
  SETTLEMENT_UNPRICED: "invalid-input",
  SETTLEMENT_MESSAGE: "invalid-input",
  SETTLEMENT_FIGURES: "invalid-input",
  SETTLEMENT_MOVED: "conflict",
  STATEMENT_INPUTS_DIFFER: "conflict",
  STATEMENT_TERMS_DIFFER: "integrity",
  PARTY_STAYS_IN_SCHEME: "conflict",
  STATEMENT_CARRY_DIFFERS: "conflict",
  STATEMENT_RECEIPTS_DIFFER: "conflict",
  STATEMENT_RESULT_DIFFERS: "integrity",
  RECEIPT_FOREIGN: "integrity",
  RECEIPT_FUTURE: "integrity",
  STATEMENT_RECOMPUTED_DIFFERS: "integrity",
  STATEMENT_SIGNATURE: "integrity",
  STATEMENT_SIGNED: "conflict",
  STATEMENT_SIGNED_BY_PEER: "conflict",
  STATEMENT_EQUIVOCATION: "integrity",
  BUNDLE_FORM: "invalid-input",
  BUNDLE_FOREIGN: "integrity",
  BUNDLE_SIGNATURE: "integrity",
  DISPUTE_EXISTS: "conflict",
  DISPUTE_SETTLED: "conflict",
  DISPUTE_REASON: "invalid-input",
  DISPUTE_NOT_FOUND: "not-found",
  DISPUTE_UNSETTLED: "conflict",
} as const;
export type ProcessCode = keyof typeof codes;

const declare = refusals(codes);

/** `{name}` is filled in from the details. */
const texts: { readonly [code in ProcessCode]: Text } = {
  PERIOD_ORDER: {
    zh: "协议 {agreementId} 的 {earlier} 尚未结算,不能先结 {periodId};请先关账并结清 {earlier}。",
    en: "{earlier} of agreement {agreementId} is not settled, so {periodId} cannot be; close and settle {earlier} first.",
  },
  PERIOD_OVERTAKEN: {
    zh: "协议 {agreementId} 的 {later} 已由双方开始结算,{periodId} 不再单独结算;其凭据作为迟到部分计入 {later} 或其后一期,无需处理。",
    en: "Both regions have begun to settle {later} of {agreementId}, so {periodId} is not settled on its own; its receipts come in late, in {later} or the period after it. Nothing to do.",
  },
  PERIOD_LEDGER_CLOSED: {
    zh: "账本已结账至 {closedThrough},{periodId} 不能再记账;协议 {agreementId} 的剩余部分计入第一个未结账的期间,无需处理。",
    en: "The ledger is closed through {closedThrough}, so nothing can be posted into {periodId}; what is left of {agreementId} goes into the first open period. Nothing to do.",
  },
  PERIOD_BEFORE_AGREEMENT: {
    zh: "协议 {agreementId} 在 {periodId} 尚未签署,没有可结算的内容;请对方核对期间。",
    en: "Agreement {agreementId} was not signed in {periodId}, so there is nothing to settle; ask the other region to check the period.",
  },
  PERIOD_NOT_OVER: {
    zh: "{periodId} 尚未结束(北京时间);如需提前关账,请注明“提前”及理由,其后的用量计入下期。",
    en: "{periodId} is not over yet (China time). To close early, say so and give a reason; what follows counts into the next period.",
  },
  PERIOD_FUTURE: {
    zh: "{periodId} 还未开始,不能关账;请核对期间。",
    en: "{periodId} has not begun and cannot be closed; check the period.",
  },
  EARLY_REASON: {
    zh: "提前关账必须说明理由,理由会写入审计日志并展示给对方;请填写理由后重试。",
    en: "Closing early needs a reason: it goes into the audit log and is shown to the other region. Give one and try again.",
  },
  SETTLEMENT_NOT_FOUND: {
    zh: "{periodId} 没有协议 {agreementId} 的结算;请核对期间与协议编号。",
    en: "There is no settlement of {agreementId} in {periodId}; check the period and the agreement.",
  },
  SETTLEMENT_NOT_PARTY: {
    zh: "未找到与贵方有关的协议 {agreementId};请核对编号。",
    en: "There is no agreement {agreementId} that you are a party to; check the id.",
  },
  PARTY_STAYS_IN_SCHEME: {
    zh: "协议 {agreementId} 的分成方式不按参与天数计算,{partyId} 退出后仍会分得款项,因此不予登记;请双方另签自次月 1 日起不含该参与方的协议,并终止本协议。",
    en: "The scheme of agreement {agreementId} does not go by days, so {partyId} would still be paid after leaving; that is why it is not taken down. Let the regions sign an agreement without this party from the first of a month on, and terminate this one.",
  },
  SETTLEMENT_UNPRICED: {
    zh: "协议 {agreementId} 没有价款条款或缺少一方签名,不产生结算;无需处理。",
    en: "Agreement {agreementId} has no price or lacks a signature, so there is nothing to settle.",
  },
  SETTLEMENT_MESSAGE: {
    zh: "结算消息 {kind} 的内容不符合约定,未被受理;请双方核对软件版本。",
    en: "The settlement message {kind} does not have the agreed form and was not taken in; compare the versions of both sides.",
  },
  SETTLEMENT_FIGURES: {
    zh: "申报数据有误:{value};请按协议条款更正后重新提交。",
    en: "The declared figures do not fit the terms: {value}. Correct them and submit again.",
  },
  SETTLEMENT_MOVED: {
    zh: "结算 {agreementId} / {periodId} 刚刚有变化;请刷新后重试。",
    en: "The settlement {agreementId} / {periodId} has just changed; reload and try again.",
  },
  STATEMENT_INPUTS_DIFFER: {
    zh: "双方申报的数据不一致({value});请双方财务核对后,由一方更正并重新关账。",
    en: "The two regions declare different figures ({value}); let both finance offices compare them, then correct one side and close again.",
  },
  STATEMENT_TERMS_DIFFER: {
    zh: "双方持有的协议条款摘要不同,已停止结算;须由人工核对双方签署的协议文本。",
    en: "The two regions hold terms with different digests; settling has stopped, and a person must compare the signed agreements.",
  },
  STATEMENT_CARRY_DIFFERS: {
    zh: "双方的期初结转不同;请先结清更早的期间,再重新关账。",
    en: "The two regions carry different balances from earlier periods; settle the earlier period first, then close again.",
  },
  STATEMENT_RECEIPTS_DIFFER: {
    zh: "双方凭据集合的根不同({value});已保留双方的根,请查看差异清单,补齐凭据或提出争议后重新关账。",
    en: "The roots over the two regions' receipts differ ({value}); both are kept. See the list of differences, complete or dispute the receipts, then close again.",
  },
  STATEMENT_RESULT_DIFFERS: {
    zh: "条款、结转、申报与凭据均一致,但计算结果不同:属于软件错误。双方结算单已留存为证据,请联系运维核对版本。",
    en: "Terms, carry, figures and receipts are equal but the results differ: an error of implementation. Both statements are kept as evidence; let operations compare the versions.",
  },
  STATEMENT_RECOMPUTED_DIFFERS: {
    zh: "按所附凭据、条款与申报重算的结算单与所附结算单不同:{value}。请勿据此付款,并请出具方重新导出。",
    en: "The statement computed from the receipts, terms and figures in the file is not the one in it: {value}. Do not pay on it; ask for a new export.",
  },
  BUNDLE_FORM: {
    zh: "文件不是结算包({value});请用 heliu settle bundle 重新导出。",
    en: "The file is no settlement bundle ({value}); export it again with heliu settle bundle.",
  },
  BUNDLE_FOREIGN: {
    zh: "结算包中有不属于本协议或本期间的内容({value});请勿采信,并请出具方重新导出。",
    en: "The bundle holds something of another agreement or period ({value}); do not rely on it, and ask for a new export.",
  },
  BUNDLE_SIGNATURE: {
    zh: "{region} 在所附文件({value})上的签名缺失或不成立;请勿采信,并核对信任名单中的公钥。",
    en: "The signature of {region} on a document in the bundle ({value}) is missing or does not hold; do not rely on it, and compare the key with the trust list.",
  },
  STATEMENT_SIGNATURE: {
    zh: "{region} 对结算单的签名不成立,未入账;请对方核对签名密钥与信任名单。",
    en: "The signature of {region} over the statement does not hold, so nothing was posted; ask it to check its key against the trust list.",
  },
  RECEIPT_FOREIGN: {
    zh: "对方送来的凭据 {value} 不属于协议 {agreementId}、未被索取或与链条不符,未被采纳;请对方核对。",
    en: "The receipt {value} that the peer sent is not of agreement {agreementId}, was not asked for or does not fit the chain; it was not taken in. Let the other region check.",
  },
  RECEIPT_FUTURE: {
    zh: "对方送来的凭据 {value} 的结束时间晚于本节点时钟,未被采纳;请双方核对时钟。",
    en: "The receipt {value} that the peer sent ends later than this node's clock; it was not taken in. Both regions must check their clocks.",
  },
  STATEMENT_SIGNED: {
    zh: "{periodId} 的结算单已由双方签署,不能再改;后续更正计入下一期。",
    en: "The statement of {periodId} is signed by both regions and cannot change; corrections go into the next period.",
  },
  STATEMENT_SIGNED_BY_PEER: {
    zh: "{region} 已签署 {periodId} 的结算单,只能按所签内容结清;请撤回之后的改动(争议或申报)并重新关账,更正计入下一期。",
    en: "{region} has signed the statement of {periodId} and can settle only what it signed; withdraw what changed since (dispute or figures) and close again. Corrections go into the next period.",
  },
  STATEMENT_EQUIVOCATION: {
    zh: "{region} 签署或提交了 {periodId} 的一份结算单,却又出示另一份;两份均已留存为证据并写入审计日志。请联系对方财务说明,如无异议可再次关账,按其已签署的那份结清。",
    en: "{region} signed or proposed one statement of {periodId} and shows another; both are kept as evidence, with an audit leaf. Ask its finance office for an explanation; closing again settles the one that it signed.",
  },
  DISPUTE_EXISTS: {
    zh: "凭据 {value} 已在争议中;请在原争议中补充意见。",
    en: "The receipt {value} is disputed already; add to that dispute.",
  },
  DISPUTE_SETTLED: {
    zh: "凭据 {value} 已结算,不能再提出争议;请通过更正处理。",
    en: "The receipt {value} has been settled and can no longer be disputed; use a correction.",
  },
  DISPUTE_REASON: {
    zh: "提出争议必须说明理由,理由会展示给对方并写入审计日志;请填写理由后重试。",
    en: "A dispute needs a reason: it is shown to the other region and goes into the audit log. Give one and try again.",
  },
  DISPUTE_UNSETTLED: {
    zh: "争议 {value} 所在的结算单尚未签署,此时只能撤回;签署挂起之后再给出结论。",
    en: "The statement of the dispute {value} is not signed yet, so it can only be withdrawn; give the outcome once the amount is parked.",
  },
  DISPUTE_NOT_FOUND: {
    zh: "没有编号为 {value} 的争议或凭据;请核对编号。",
    en: "There is no dispute or receipt {value}; check the id.",
  },
};

export function refuseProcess(code: ProcessCode, details: Details = {}): Failure {
  return declare(code, textOf(code, details), details);
}

export function textOf(code: ProcessCode, details: Details): Text {
  return filled(texts[code], details);
}
