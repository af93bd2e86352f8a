import type { ExchangeError } from "../kernel/exchange-error.ts";
import type { Reason } from "../kernel/reason.ts";

const REFUSED_BY_CHECK = /^(?:tls|identity|trust|authz)\.[a-z_]+$/;

/** Why a mirror is not live, for people. Nothing in it is confidential between regions. */
export function mirrorReason(
  { code, text, details }: Pick<ExchangeError, "code" | "text" | "details">,
  region: string,
): Reason {
  const cause = details?.reason;
  return {
    // A link that was refused is named by the check that refused it (trust.md §3), not by the transport's failure.
    code: typeof cause === "string" && REFUSED_BY_CHECK.test(cause) ? cause : code,
    rule: "federation.mirror",
    turn: { region, role: "node" },
    until: null,
    verified: true,
    text,
    neutral: text,
  };
}

export function silentReason(region: string, silentMs: number): Reason {
  const seconds = Math.round(silentMs / 1_000);
  return mirrorReason(
    {
      code: "FED_SILENT",
      text: {
        zh: `地区 ${region} 已 ${seconds} 秒没有任何消息,连接视为中断;正在重新连接,检索仍使用已有镜像。`,
        en: `Nothing was heard of region ${region} for ${seconds} s, so its link counts as broken; it is being connected again, and search goes on with the mirror at hand.`,
      },
    },
    region,
  );
}

/** The mirror goes on; what is dated (receipts, deadlines, certificates) may be refused by whoever is right. */
export function clockSkewReason(region: string, aheadMs: number): Reason {
  const seconds = Math.round(Math.abs(aheadMs) / 1_000);
  const [zh, en] = aheadMs > 0 ? ["快", "ahead of"] : ["慢", "behind"];
  return mirrorReason(
    {
      code: "FED_CLOCK_SKEW",
      text: {
        zh: `地区 ${region} 的时钟比本节点${zh} ${seconds} 秒;凭证、期限和证书按时钟判断,相差过大会被拒绝,请双方核对网络校时。`,
        en: `The clock of region ${region} is ${seconds} s ${en} ours; receipts, deadlines and certificates are judged by clocks and will be refused when they differ too much, so both sides should check their time synchronisation.`,
      },
    },
    region,
  );
}

export function connectingReason(region: string): Reason {
  return mirrorReason(
    {
      code: "FED_CONNECTING",
      text: { zh: `正在首次连接地区 ${region}。`, en: `Region ${region} is being connected for the first time.` },
    },
    region,
  );
}

export function notAPeerReason(region: string): Reason {
  return mirrorReason(
    {
      code: "FED_NOT_A_PEER",
      text: {
        zh: `信任列表已不含(或已暂停)地区 ${region};镜像不再更新。`,
        en: `Region ${region} is no longer in the trust list, or is suspended; its mirror is not kept up to date.`,
      },
    },
    region,
  );
}

export function faultReason(region: string): Reason {
  return mirrorReason(
    {
      code: "FED_INTERNAL",
      text: {
        zh: `本节点处理地区 ${region} 的目录变更时出错,详见日志;正在重试。`,
        en: `This node failed while taking catalogue changes of region ${region}; the log says more, and it is tried again.`,
      },
    },
    region,
  );
}
