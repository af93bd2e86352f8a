import type { ExchangeError } from "../kernel/exchange-error.ts";
import type { Reason } from "../kernel/reason.ts";
import type { Text } from "../kernel/text.ts";

/** Why a netting stands where it stands, and whose turn it is. */
function reason(code: string, turn: Reason["turn"], text: Text): Reason {
  return { code, rule: "settlement.netting", turn, until: null, verified: true, text, neutral: text };
}

export function waitsForFinance(region: string, periodId: string): Reason {
  return reason(
    "NETTING_WAITS_FOR_FINANCE",
    { region, role: "finance" },
    {
      zh: `等待 ${region} 的财务人员对 ${periodId} 发起轧差;发起后自动继续。`,
      en: `Waiting for finance of ${region} to net ${periodId}; it goes on by itself then.`,
    },
  );
}

export function waitsForApproval(region: string, periodId: string): Reason {
  return reason(
    "NETTING_WAITS_FOR_APPROVAL",
    { region, role: "finance" },
    {
      zh: `${periodId} 的轧差方案已算出,等待 ${region} 的另一名财务或审批人员复核签署(四眼原则)。`,
      en: `The plan of ${periodId} is computed; waiting for a second person of finance or an approver of ${region} to sign it (four eyes).`,
    },
  );
}

export function waitsForRegions(regions: readonly string[], what: "table" | "signature"): Reason {
  const names = { zh: regions.join("、"), en: regions.join(", ") };
  const text =
    what === "table"
      ? {
          zh: `等待 ${names.zh} 提交其已签署的结算单;提交后自动继续。`,
          en: `Waiting for ${names.en} to lay down its signed statements; it goes on by itself then.`,
        }
      : {
          zh: `等待 ${names.zh} 签署轧差方案;签署后自动继续。`,
          en: `Waiting for ${names.en} to sign the plan; it goes on by itself then.`,
        };
  return reason(
    what === "table" ? "NETTING_WAITS_FOR_TABLES" : "NETTING_WAITS_FOR_SIGNATURES",
    { region: regions[0] ?? "", role: "finance" },
    text,
  );
}

export function waitsForPayments(references: readonly string[], region: string): Reason {
  return reason(
    "NETTING_WAITS_FOR_PAYMENTS",
    { region, role: "finance" },
    {
      zh: `方案已由各地区签署,尚有 ${references.length} 笔付款未确认到账(${references.slice(0, 3).join("、")});付款方付出、收款方导入银行流水后自动确认。`,
      en: `All regions signed the plan; payments not confirmed yet: ${references.length} (${references.slice(0, 3).join(", ")}). They are confirmed when the payer has paid and the payee imports its bank file.`,
    },
  );
}

/** What this region paid in full by its own bank files; that it arrived is the payee's to say. */
export function waitsForConfirmation(references: readonly string[], payee: string): Reason {
  return reason(
    "NETTING_WAITS_FOR_CONFIRMATION",
    { region: payee, role: "finance" },
    {
      zh: `本地区的 ${references.length} 笔付款按本方流水已付清(${references.slice(0, 3).join("、")}),等待 ${payee} 导入银行流水并确认到账。`,
      en: `This region's payments are paid in full by its own bank files: ${references.length} (${references.slice(0, 3).join(", ")}); waiting for ${payee} to import its bank file and confirm.`,
    },
  );
}

/** Payments that one person claimed, for whoever else may confirm them. */
export function waitsForSecond(region: string, count: number): Reason {
  return reason(
    "PAYMENT_WAITS_FOR_SECOND",
    { region, role: "finance" },
    {
      zh: `${count} 笔收付款已有人认领,等待另一名财务或审批人员复核入账或退回(四眼原则)。`,
      en: `Payments claimed by one person: ${count}; another one of finance or an approver confirms or sends them back (four eyes).`,
    },
  );
}

export function waitsForFirst(region: string): Reason {
  return reason(
    "PAYMENT_WAITS_FOR_FINANCE",
    { region, role: "finance" },
    {
      zh: "导入的流水中有未能自动入账的收付款,等待财务认领或排除。",
      en: "Imported rows could not be booked by themselves; finance says what they pay, or sets them aside.",
    },
  );
}

/** An account that one person registered; whoever agrees says the same, so it is told whose it is said to be. */
export function waitsForSameAccount(own: string, { region, name }: { region: string; name: string }): Reason {
  const holder = name === "" ? { zh: "未填户名", en: "no name given" } : { zh: `户名 ${name}`, en: `name ${name}` };
  return reason(
    "ACCOUNT_WAITS_FOR_SECOND",
    { region: own, role: "finance" },
    {
      zh: `一人登记该账号归 ${region}(${holder.zh});向对方核实后,由另一名财务或审批人员登记相同内容才生效(四眼原则)。`,
      en: `One person says that it is an account of ${region} (${holder.en}); ask that region, then another one of finance or an approver says the same (four eyes).`,
    },
  );
}

export function stoppedBy(error: ExchangeError, region: string): Reason {
  return reason(error.code, { region, role: "finance" }, error.text);
}
