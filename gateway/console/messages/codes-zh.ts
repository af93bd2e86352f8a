import { leafKindsZh } from "./leaf-kinds.ts";
import { ruleTitlesZh } from "./rule-titles.ts";

/** What codes mean, in Chinese. Codes of other regions that are not listed are shown as they are. */
export const codesZh = {
  leafKinds: leafKindsZh,
  ruleTitles: ruleTitlesZh,
  marks: { list: "、", colon: ":", open: "(" },
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
  units: {
    workday: "个工作日",
    day: "天",
    month: "个月",
    year: "年",
    hour: "小时",
    CNY: "元",
    character: "字",
    "MM-DD": "",
    boolean: "",
    policy: "",
    code: "",
    ratio: "",
    title: "",
  },
  levels: {
    national: "国家",
    provincial: "省级",
    municipal: "市级",
    agreement: "协作约定",
  },
  freshness: { live: "在线", stale: "失联", never: "从未连上" },
};
