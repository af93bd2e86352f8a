/** What codes mean, in Chinese. Codes of other regions that are not listed are shown as they are. */
export const codesZh = {
  roles: {
    admin: "管理员",
    publisher: "发布人",
    requester: "申请人",
    approver: "审批人",
    finance: "财务",
    auditor: "审计",
  },
  negotiationStates: {
    REQUESTED: "等待答复",
    OFFERED: "对方还价",
    ACCEPTED: "已接受",
    AGREED: "等待会签",
    VERIFIED: "等待生效",
    FINALIZED: "已达成",
    TERMINATED: "已终止",
  },
  agreementStates: {
    pending: "待生效",
    "in-force": "有效",
    superseded: "已被取代",
    suspended: "已暂停",
    terminated: "已终止",
    expired: "已到期",
  },
  transferStates: {
    REQUESTED: "等待开始",
    STARTED: "进行中",
    SUSPENDED: "已暂停",
    COMPLETED: "已完成",
    TERMINATED: "已终止",
  },
  freshness: { live: "在线", stale: "失联", never: "从未连上" },
};
