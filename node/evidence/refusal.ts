import { type ExchangeError, refusals } from "../kernel/exchange-error.ts";
import type { Text } from "../kernel/text.ts";

const refuse = refusals({
  BUNDLE_MALFORMED: "invalid-input",
  BUNDLE_TRUST_LIST: "integrity",
  BUNDLE_REGION: "integrity",
  BUNDLE_UNWITNESSED: "integrity",
  BUNDLE_EARLIER: "integrity",
  BUNDLE_EARLIER_UNPROVED: "integrity",
  BUNDLE_EARLIER_OTHER: "invalid-input",
  BUNDLE_SEAL: "integrity",
  BUNDLE_AGREEMENT: "integrity",
  BUNDLE_AGREEMENT_SIGNATURE: "integrity",
  BUNDLE_RECEIPT_MISSING: "integrity",
  BUNDLE_RECEIPT_ADDED: "integrity",
  BUNDLE_RECEIPT_DIFFERS: "integrity",
  BUNDLE_STATEMENT: "integrity",
  BUNDLE_DOCUMENT_MISSING: "integrity",
  BUNDLE_DOCUMENT_ADDED: "integrity",
});

type Code = Parameters<typeof refuse>[0];

const TEXTS: { readonly [C in Code]: (what: string) => Text } = {
  BUNDLE_MALFORMED: (what) => ({
    zh: `证据包的结构不对(${what || "顶层"});请向出具方原样重新索取。`,
    en: `The bundle does not have the form of one (${what || "top level"}); ask whoever issued it for the file again, unchanged.`,
  }),
  BUNDLE_TRUST_LIST: (what) => ({
    zh: `证据包内的信任列表与您给出的列表无从衔接(${what}):其公钥不可信。请核对两份列表的摘要。`,
    en: `The trust list in the bundle does not connect with the one you gave (${what}), so its keys are not to be trusted. Compare the digests of both lists.`,
  }),
  BUNDLE_REGION: (what) => ({
    zh: `信任列表中没有出具地区 ${what};无法核对其日志。`,
    en: `The trust list has no region ${what}, which issued the bundle; its log cannot be checked.`,
  }),
  BUNDLE_UNWITNESSED: (what) => ({
    zh: `检查点的其他地区见证数不足(${what});请等下一个检查点后重新导出,或用 --witnesses 降低要求。`,
    en: `Too few other regions witnessed the checkpoint (${what}); export again after the next one, or ask for fewer with --witnesses.`,
  }),
  BUNDLE_EARLIER: (what) => ({
    zh: `与此前的证据包不衔接(${what}):日志或条目被改写过。请保留两份文件并交监督方。`,
    en: `It does not continue the earlier bundle (${what}): the log or its entries were rewritten. Keep both files and bring them to the supervisor.`,
  }),
  BUNDLE_EARLIER_UNPROVED: (what) => ({
    zh: `文件中没有从大小 ${what} 起的一致性证明,无从与此前的证据包比较;请加 --since ${what} 重新导出。`,
    en: `The file holds no consistency proof from size ${what}, so it cannot be compared with the earlier bundle; have it exported again with --since ${what}.`,
  }),
  BUNDLE_EARLIER_OTHER: (what) => ({
    zh: `此前的证据包出自另一份日志(${what}),不能相互比较;请给出同一地区的证据包。`,
    en: `The earlier bundle is of another log (${what}), so the two cannot be compared; give one of the same region.`,
  }),
  BUNDLE_SEAL: (what) => ({
    zh: `出具地区的封签与文件内容不符(${what}):文件在导出之后被改动。`,
    en: `The issuing region's seal does not fit the file (${what}): it was altered after the export.`,
  }),
  BUNDLE_AGREEMENT: (what) => ({
    zh: `协议文本与日志不符(${what});请勿采信。`,
    en: `The agreement is not the one that the log names (${what}); do not rely on it.`,
  }),
  BUNDLE_AGREEMENT_SIGNATURE: (what) => ({
    zh: `协议缺少地区 ${what} 的有效签名。`,
    en: `The agreement lacks a valid signature of region ${what}.`,
  }),
  BUNDLE_RECEIPT_MISSING: (what) => ({
    zh: `日志记有凭据 ${what},文件中却没有;请索取完整的证据包。`,
    en: `The log names receipt ${what}, which is not in the file; ask for a complete bundle.`,
  }),
  BUNDLE_RECEIPT_ADDED: (what) => ({
    zh: `文件中的凭据 ${what} 不在该协议的日志中,或出现两次。`,
    en: `Receipt ${what} of the file is not in the agreement's log, or is there twice.`,
  }),
  BUNDLE_RECEIPT_DIFFERS: (what) => ({
    zh: `凭据 ${what} 的内容与日志所记摘要不同:凭据被改动过。`,
    en: `Receipt ${what} is not the one whose digest the log holds: it was altered.`,
  }),
  BUNDLE_STATEMENT: (what) => ({
    zh: `结算单与日志或协议不符(${what});请勿采信。`,
    en: `The statement does not fit the log or the agreement (${what}); do not rely on it.`,
  }),
  BUNDLE_DOCUMENT_MISSING: (what) => ({
    zh: `日志所引的文档 ${what} 不在文件中;请索取完整的证据包。`,
    en: `Document ${what}, which the log names, is not in the file; ask for a complete bundle.`,
  }),
  BUNDLE_DOCUMENT_ADDED: (what) => ({
    zh: `文档 ${what} 没有任何日志条目引用,或被改动过。`,
    en: `No entry of the log names document ${what}: it was added or altered.`,
  }),
};

export function fault(code: Code, what: string): ExchangeError {
  return refuse(code, TEXTS[code](what), { what }).error;
}
