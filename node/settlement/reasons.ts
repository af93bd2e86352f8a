import type { ExchangeError } from "../kernel/exchange-error.ts";
import type { Reason } from "../kernel/reason.ts";
import type { Text } from "../kernel/text.ts";
import type { Settlement } from "./process-model.ts";
import { type ProcessCode, textOf } from "./process-refusal.ts";

/** Why a settlement stands where it stands, and whose turn it is. */
type Turn = Reason["turn"];

function reason(code: string, turn: Turn, text: Text): Reason {
  return { code, rule: "settlement.statement", turn, until: null, verified: true, text, neutral: text };
}

export function waitsForClose(region: string, periodId: string): Reason {
  return reason(
    "SETTLEMENT_WAITS_FOR_CLOSE",
    { region, role: "finance" },
    {
      zh: `等待 ${region} 的财务人员关账 ${periodId};关账后自动继续。`,
      en: `Waiting for the finance officer of ${region} to close ${periodId}; it goes on by itself then.`,
    },
  );
}

/** An earlier period of the same agreement comes first; whoever it waits for, this one waits for too. */
export function waitsForEarlier(earlier: Settlement, region: string): Reason {
  const { agreementId, periodId } = earlier;
  return reason("PERIOD_ORDER", earlier.reason?.turn ?? { region, role: "finance" }, {
    zh: `协议 ${agreementId} 的 ${periodId} 尚未结清,先结清它;之后自动继续。`,
    en: `${periodId} of agreement ${agreementId} is not settled yet and comes first; it goes on by itself then.`,
  });
}

export function waitsForApproval(region: string, periodId: string, fen: string): Reason {
  return reason(
    "SETTLEMENT_WAITS_FOR_SIGNATURE",
    { region, role: "finance" },
    {
      zh: `结算单金额 ${fen} 分超过自动签署上限,等待 ${region} 的财务人员关账 ${periodId}。`,
      en: `The statement of ${fen} fen is above the limit for signing without a person; waiting for the finance officer of ${region} to close ${periodId}.`,
    },
  );
}

export function waitsForSignatures(region: string, missing: number): Reason {
  return reason(
    "SETTLEMENT_RECEIPTS_INCOMPLETE",
    { region, role: "admin" },
    {
      zh: `有 ${missing} 张凭据尚缺 ${region} 的签名,已请求补签;补齐后自动继续,或提前关账将其计入下期。`,
      en: `${missing} receipts lack the signature of ${region}, which has been asked for them; it goes on when they are complete, or close early and they count into the next period.`,
    },
  );
}

export function waitsForWindows(region: string, calls: number): Reason {
  return reason(
    "SETTLEMENT_CALLS_UNRECEIPTED",
    { region, role: "admin" },
    {
      zh: `${region} 已应答的 ${calls} 次调用尚未出具凭据;其节点关闭计量窗口后自动继续,如长时间未动,请其管理员检查节点。`,
      en: `${calls} calls answered by ${region} have no receipt yet; it goes on when its node closes their window. If it does not, its administrator must look at the node.`,
    },
  );
}

export function waitsForPeer(region: string): Reason {
  return reason(
    "SETTLEMENT_WAITS_FOR_PEER",
    { region, role: "node" },
    {
      zh: `已发给 ${region},等待其节点应答;恢复连接后自动继续。`,
      en: `Sent to ${region}; waiting for its node to answer. It goes on by itself when the connection is back.`,
    },
  );
}

/** Something that a person of either region has to look at. */
export function stopped(code: ProcessCode, region: string, details: { readonly [name: string]: string } = {}): Reason {
  return reason(code, { region, role: "finance" }, textOf(code, details));
}

export function stoppedBy(error: ExchangeError, region: string): Reason {
  return reason(error.code, { region, role: "finance" }, error.text);
}
