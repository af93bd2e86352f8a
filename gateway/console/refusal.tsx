import type { Context } from "hono";
import { type ExchangeError, refusals } from "../../node/kernel/exchange-error.ts";
import { PROBLEM } from "../api/problem.ts";
import { RefusedPage } from "./pages/refused.tsx";
import { page } from "./parts/document.tsx";
import type { ConsoleContext } from "./view.ts";

const refuse = refusals({
  FORM_TOKEN_INVALID: "forbidden",
  REQUESTER_ONLY: "forbidden",
  FINANCE_ONLY: "forbidden",
  AUDITOR_ONLY: "forbidden",
  PUBLISHER_ONLY: "forbidden",
  RECEIPTS_ONLY: "forbidden",
  PAGE_UNKNOWN: "not-found",
  INTERNAL: "integrity",
});

const TEXTS = {
  FORM_TOKEN_INVALID: {
    zh: "表单已失效(可能登录状态已更新),没有做任何更改;请返回上一页刷新后重新提交。",
    en: "The form is no longer valid (you may have signed in again); nothing was changed. Go back, reload the page and send it again.",
  },
  REQUESTER_ONLY: {
    zh: "收到的数据只对申请人开放;请由申请人下载。",
    en: "What was received is open to requesters only; have one of them download it.",
  },
  FINANCE_ONLY: {
    zh: "结算只对财务、审计和审批人开放;请由这些人员查看,或请管理员授予角色。",
    en: "Settlement is open to finance, auditors and approvers; have one of them look, or ask an administrator for the role.",
  },
  AUDITOR_ONLY: {
    zh: "日志记录和证明只对审计、财务、审批人和管理员开放;请由这些人员查看。",
    en: "Leaves and proofs are open to auditors, finance, approvers and administrators; have one of them look.",
  },
  PUBLISHER_ONLY: {
    zh: "导入目录须由发布人办理;请由发布人登录后导入。",
    en: "A publisher has to import a catalogue; have one sign in and do it.",
  },
  RECEIPTS_ONLY: {
    zh: "计量凭据只对申请人、发布人、财务和审计开放;请由这些人员查看。",
    en: "Receipts are open to requesters, publishers, finance and auditors; have one of them look.",
  },
  PAGE_UNKNOWN: {
    zh: "没有这个页面;请从上方导航进入,或按 / 检索。",
    en: "There is no such page; use the navigation above, or press / to search.",
  },
  INTERNAL: {
    zh: "节点内部出错,已记入日志;没有任何数据因此改变到一半。请稍后重试,或联系管理员。",
    en: "Something went wrong inside the node and was logged; nothing was left half done. Try again later, or tell the administrator.",
  },
} as const;

/** A refusal as a page: what, why, what to do, with the status a program would get. */
export function refused(c: ConsoleContext, error: ExchangeError): Response | Promise<Response> {
  const { status, title } = PROBLEM[error.kind];
  const view = c.get("view");
  return page(c, <RefusedPage view={view} title={title[view.language]} error={error} />, status);
}

export function refuseConsole(c: Context, code: keyof typeof TEXTS): Response | Promise<Response> {
  return refused(c, refuse(code, TEXTS[code]).error);
}
