import { type Details, type Failure, filled, refusals } from "../kernel/exchange-error.ts";
import type { Text } from "../kernel/text.ts";

const codes = {
  NETTING_NOTHING: "not-found",
  NETTING_NOT_FOUND: "not-found",
  NETTING_DIFFERS: "conflict",
  NETTING_NOT_PARTY: "forbidden",
  NETTING_MESSAGE: "invalid-input",
  NETTING_MOVED: "conflict",
  NETTING_ENTRIES_DIFFER: "integrity",
  NETTING_PLAN_DIFFERS: "integrity",
  NETTING_SIGNATURE: "integrity",
  NETTING_NOT_CALCULATED: "not-yet",
  PAYMENT_NOT_FOUND: "not-found",
  PAYMENT_STATE: "conflict",
  PAYMENT_AMOUNT: "invalid-input",
  PAYMENT_DUE: "not-found",
  PAYMENT_DUE_TWICE: "invalid-input",
  PAYMENT_DECISION: "invalid-input",
  PAYMENT_NO_ACCOUNT: "invalid-input",
  PAYMENT_REVERSAL: "conflict",
  PAYMENT_DUPLICATE: "conflict",
  PAYMENT_RETURN: "invalid-input",
  PAYMENT_CONFIRMED: "conflict",
  PAYMENT_COLUMNS: "invalid-input",
  PAYMENT_SOURCE: "invalid-input",
  PAYMENT_FILE_TOO_LARGE: "too-large",
  ACCOUNT_TAKEN: "conflict",
  INVOICE_STATE: "not-yet",
  INVOICE_EXISTS: "conflict",
  INVOICE_ISSUER: "forbidden",
  INVOICE_DATE: "invalid-input",
  INVOICE_AMOUNT: "invalid-input",
  INVOICE_NOT_FOUND: "not-found",
  INVOICE_MOVED: "conflict",
} as const;
export type PaymentCode = keyof typeof codes;

const declare = refusals(codes);

/** `{name}` is filled in from the details. */
const texts: { readonly [code in PaymentCode]: Text } = {
  NETTING_NOTHING: {
    zh: "{periodId} 没有已由双方签署且尚未轧差的结算单;请先关账并等双方签署。",
    en: "{periodId} has no statement that both regions signed and that is not netted yet; close the period and let both sign first.",
  },
  NETTING_NOT_FOUND: {
    zh: "{periodId} 还没有轧差方案;请由财务人员发起轧差。",
    en: "There is no netting plan for {periodId} yet; let finance ask for one.",
  },
  NETTING_DIFFERS: {
    zh: "{periodId} 的轧差方案各地区算得不同,不能签署;请先查明差异,再由财务人员重新发起轧差。",
    en: "The regions arrived at different plans for {periodId}, so none can be signed; find out why, then let finance ask for a new one.",
  },
  NETTING_NOT_PARTY: {
    zh: "地区 {region} 提交了与其无关的结算单 {agreementId},未予受理;请对方核对。",
    en: "Region {region} laid a statement of {agreementId} on the table to which it is no party; it was not taken in.",
  },
  NETTING_MESSAGE: {
    zh: "轧差消息 {kind} 的内容不符合约定,未被受理;请双方核对软件版本。",
    en: "The netting message {kind} does not have the agreed form and was not taken in; compare the versions of both sides.",
  },
  NETTING_MOVED: {
    zh: "{periodId} 的轧差刚刚有变化;请刷新后重试。",
    en: "The netting of {periodId} has just changed; reload and try again.",
  },
  NETTING_ENTRIES_DIFFER: {
    zh: "双方对协议 {agreementId} 提交的应付款不同({value});请双方财务核对结算单后重新发起轧差。",
    en: "The two regions of {agreementId} state different obligations ({value}); let both finance offices compare the statement, then net again.",
  },
  NETTING_PLAN_DIFFERS: {
    zh: "地区 {region} 算出的轧差方案不同(对方 {value}),未签署入账;请核对双方软件版本后重新发起轧差。",
    en: "Region {region} arrived at another plan ({value}), so nothing was agreed; compare versions, then net again.",
  },
  NETTING_SIGNATURE: {
    zh: "{region} 对轧差方案或到账确认的签名不成立,未予采信;请对方核对签名密钥与信任名单。",
    en: "The signature of {region} over the plan or the payment does not hold and was not believed; ask it to check its key against the trust list.",
  },
  NETTING_NOT_CALCULATED: {
    zh: "{periodId} 的轧差方案尚未算出,还不能签署;请等各地区提交后重试。",
    en: "The plan of {periodId} is not computed yet, so it cannot be signed; wait for the other regions and try again.",
  },
  PAYMENT_NOT_FOUND: {
    zh: "没有编号为 {id} 的收付款;请核对编号。",
    en: "There is no payment {id}; check the id.",
  },
  PAYMENT_STATE: {
    zh: "收付款 {id} 当前状态为 {state},不能这样处理;请刷新后查看。",
    en: "The payment {id} is {state}, so this cannot be done; reload and look.",
  },
  PAYMENT_AMOUNT: {
    zh: "分配金额合计 {value} 分,与该笔收付款或应付款余额不符(应为 {expected});请改正后重试。",
    en: "The amounts given come to {value} fen and do not fit the payment or what is still owed ({expected}); correct them and try again.",
  },
  PAYMENT_DUE: {
    zh: "没有参考号为 {reference} 的未结应付款;请核对参考号。",
    en: "There is no open due {reference}; check the reference.",
  },
  PAYMENT_DUE_TWICE: {
    zh: "参考号 {reference} 在同一笔认定中出现两次;请合并为一项后重试。",
    en: "The reference {reference} stands twice in one decision; put the two together and try again.",
  },
  PAYMENT_DECISION: {
    zh: "对收付款 {id} 只能作一个决定:提出认定、确认或退回;请只选一项后重试。",
    en: "Decide one thing about the payment {id}: propose, confirm or reject; choose one and try again.",
  },
  PAYMENT_NO_ACCOUNT: {
    zh: "收付款 {id} 缺少对方账号或币种不是人民币,不能入账;请向银行核实后在新文件中补全。",
    en: "The payment {id} has no counter-party account or is not in CNY, so it cannot be booked; ask the bank and import a complete file.",
  },
  PAYMENT_REVERSAL: {
    zh: "{id} 是退汇或冲正,不是到账,不能认领为付款;请指明它退回的是哪一笔(heliu payments match {id} --returns 编号),或注明理由排除。",
    en: "{id} takes a payment back, so it cannot pay anything; say which payment it returns (heliu payments match {id} --returns ID), or reject it with a reason.",
  },
  PAYMENT_DUPLICATE: {
    zh: "{id} 与 {first} 是同一笔转账,不再另行处理;请处理 {first}(已排除的可重新认领)。",
    en: "{id} is the same transfer as {first}, so nothing is decided about it; decide about {first}, which can be taken up again if it was rejected.",
  },
  PAYMENT_RETURN: {
    zh: "{id} 不能作为被 {reversal} 退回的款项:须为同一本方账户、金额相同、方向相符、日期不晚于它、且尚未退回或待复核;请核对编号。",
    en: "{id} cannot be what {reversal} takes back: it has to be of the same own account and amount, in the direction that fits, no later, and neither returned nor waiting for a second person; check the id.",
  },
  PAYMENT_CONFIRMED: {
    zh: "参考号 {reference} 的到账已签署确认,不能收回;已入账的由双方在以后账期更正。该行保留在待办中,处理完毕后请注明理由排除。",
    en: "That {reference} arrived is signed and cannot be taken back; what is posted is corrected by both regions in a later period. The row stays in the list; reject it with a reason when that is done.",
  },
  PAYMENT_COLUMNS: {
    zh: "找不到必需的列:{missing};文件表头为 {found}。请指明列名(heliu payments import --column 字段=列名),指明后会按来源记住。",
    en: "Required columns were not found: {missing}; the file has {found}. Name them (heliu payments import --column field=heading); they are remembered for the source.",
  },
  PAYMENT_SOURCE: {
    zh: "来源 {source} 的本方账号不明或与之前不同({value});请用 account 指明,或为另一账户使用另一来源名。",
    en: "The own account of the source {source} is unknown or not the one seen before ({value}); name it with account, or use another source for another account.",
  },
  PAYMENT_FILE_TOO_LARGE: {
    zh: "文件有 {rows} 行,超过 {limit} 行的上限;请按月份拆分后导入。",
    en: "The file has {rows} rows, more than the {limit} allowed; split it by month and import the parts.",
  },
  ACCOUNT_TAKEN: {
    zh: "账号 {account} 已登记为地区 {region} 所有;请核对账号;登记有误的,由两人先后登记正确的地区即可更改。",
    en: "The account {account} is registered for region {region}; check the number. If that is wrong, two persons who register the right region change it.",
  },
  INVOICE_STATE: {
    zh: "协议 {agreementId} 在 {periodId} 没有已签署的结算单,不能登记发票;请先完成结算。",
    en: "Agreement {agreementId} has no signed statement in {periodId}, so no invoice can be recorded; settle it first.",
  },
  INVOICE_EXISTS: {
    zh: "发票号 {number} 已按其他日期或金额登记;请核对发票号码,登记有误的先作废再重新登记。",
    en: "The invoice number {number} is recorded with another date or amount; check it, and cancel what was recorded wrongly before recording it anew.",
  },
  INVOICE_ISSUER: {
    zh: "协议 {agreementId} 的发票由卖方 {seller} 开具,只能由其财务登记;登记后双方都能看到。",
    en: "Invoices of agreement {agreementId} are issued by the seller, {seller}, and recorded by its finance; both regions see them then.",
  },
  INVOICE_DATE: {
    zh: "开票日期 {date} 晚于 {latest},尚未到来;请核对日期。",
    en: "The invoice date {date} is after {latest} and has not come yet; check the date.",
  },
  INVOICE_AMOUNT: {
    zh: "发票金额 {value} 元不成立:该结算单还可开票 {left} 元;请改正金额,或先作废登记有误的发票。",
    en: "An invoice of CNY {value} does not fit: CNY {left} of the statement are not invoiced yet; correct the amount, or cancel an invoice that was recorded wrongly.",
  },
  INVOICE_NOT_FOUND: {
    zh: "协议 {agreementId} 下没有本地区登记的发票 {number};请核对号码,发票只能由登记方作废。",
    en: "This region recorded no invoice {number} for agreement {agreementId}; check the number. Only who recorded an invoice can cancel it.",
  },
  INVOICE_MOVED: {
    zh: "协议 {agreementId} 的发票刚刚有变化;请刷新后重试。",
    en: "The invoices of agreement {agreementId} have just changed; reload and try again.",
  },
};

export function refusePayment(code: PaymentCode, details: Details = {}): Failure {
  return declare(code, paymentText(code, details), details);
}

export function paymentText(code: PaymentCode, details: Details): Text {
  return filled(texts[code], details);
}
