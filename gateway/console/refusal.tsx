import type { Context } from "hono";
import { type ExchangeError, refusals } from "../../node/kernel/exchange-error.ts";
import { PROBLEM } from "../api/problem.ts";
import { OpenRefusedPage, RefusedPage } from "./pages/refused.tsx";
import { page } from "./parts/document.tsx";
import type { ConsoleContext, OpenView } from "./view.ts";

const refuse = refusals({
  FORM_TOKEN_INVALID: "forbidden",
  REQUESTER_ONLY: "forbidden",
  FINANCE_ONLY: "forbidden",
  AUDITOR_ONLY: "forbidden",
  PUBLISHER_ONLY: "forbidden",
  RECEIPTS_ONLY: "forbidden",
  FORECAST_ONLY: "forbidden",
  SAMPLE_ONLY: "forbidden",
  ADMIN_ONLY: "forbidden",
  PAGE_UNKNOWN: "not-found",
  FOREIGN_FORM: "forbidden",
  FORM_TOO_LARGE: "too-large",
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
    zh: "计量凭据只对申请人、发布人、审批人、财务和审计开放;请由这些人员查看。",
    en: "Receipts are open to requesters, publishers, approvers, finance and auditors; have one of them look.",
  },
  FORECAST_ONLY: {
    zh: "本月预测只对财务、审计、审批人、申请人和发布人开放;请由这些人员查看,或请管理员授予角色。",
    en: "Forecasts are open to finance, auditors, approvers, requesters and publishers; have one of them look, or ask an administrator for the role.",
  },
  SAMPLE_ONLY: {
    zh: "抽查须由审计办理;请由具备审计角色的人员登录后抽查。",
    en: "An auditor has to draw a sample; have one sign in and do it.",
  },
  ADMIN_ONLY: {
    zh: "用户与令牌只对管理员和审计开放;请由管理员登录后办理。",
    en: "Users and tokens are open to administrators and auditors; have an administrator sign in and do it.",
  },
  PAGE_UNKNOWN: {
    zh: "没有这个页面;请从上方导航进入,或按 / 检索。",
    en: "There is no such page; use the navigation above, or press / to search.",
  },
  FOREIGN_FORM: {
    zh: "这个请求来自其他网站,没有做任何更改;请从本控制台的页面操作。",
    en: "This request came from another site; nothing was changed. Use the pages of this console.",
  },
  FORM_TOO_LARGE: {
    zh: "提交的内容超过上限,没有保存;请拆分文件后再导入,或由管理员调整 limits.importBytes。",
    en: "What was sent is larger than the limit and was not kept; split the file, or have an administrator raise limits.importBytes.",
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

/** The same where nobody may be signed in. */
export function refuseOpenly(c: Context, view: OpenView, code: keyof typeof TEXTS): Response | Promise<Response> {
  const { error } = refuse(code, TEXTS[code]);
  const { status, title } = PROBLEM[error.kind];
  return page(c, <OpenRefusedPage view={view} title={title[view.language]} error={error} />, status);
}
