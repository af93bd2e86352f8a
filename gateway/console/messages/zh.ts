import { adminZh } from "./admin-zh.ts";
import { agreeZh } from "./agree-zh.ts";
import { codesZh } from "./codes-zh.ts";
import { evidenceZh } from "./evidence-zh.ts";
import { exchangeZh } from "./exchange-zh.ts";
import type { Filled } from "./filled.ts";
import { financeZh } from "./finance-zh.ts";
import { insightZh } from "./insight-zh.ts";
import { objectionsZh } from "./objections-zh.ts";
import { operateZh } from "./operate-zh.ts";
import { paymentsZh } from "./payments-zh.ts";
import { usageZh } from "./usage-zh.ts";

/** Every sentence of the console in Chinese. The shape of this object is what every other language has to fill. */
export const zh = {
  ...codesZh,
  ...exchangeZh,
  ...agreeZh,
  ...operateZh,
  ...insightZh,
  ...evidenceZh,
  ...objectionsZh,
  ...usageZh,
  ...adminZh,
  ...financeZh,
  ...paymentsZh,
  layout: {
    skip: "跳到正文",
    navigation: "主导航",
    waiting: "待我处理",
    otherLanguage: "中 / EN",
    signOut: "退出",
    inLog: "在审计日志中查看 →",
  },
  nav: {
    overview: "总览",
    search: "检索",
    catalog: "目录",
    negotiations: "协商",
    transfers: "传输",
    settlements: "结算",
    audit: "审计",
    peers: "对端",
  },
  signIn: {
    title: "登录",
    lead: "本节点的控制台。每次登录最长 12 小时;退出后会话立即失效。",
    token: "访问令牌",
    tokenHint: "由管理员签发(heliu tokens create),只在签发时显示一次。令牌只属于本节点,不要在其他地区的节点使用。",
    withPassword: "用户名和口令登录",
    name: "用户名",
    password: "口令",
    submit: "登录",
  },
  refused: { overview: "回到总览", search: "去检索", code: "代码" },
  reason: {
    waitsFor: (who: string) => `等 ${who}`,
    until: (day: string) => `应于 ${day} 前办理`,
    late: (day: string) => `已于 ${day} 逾期`,
    rule: "依据",
    unverified: "未核实",
    unverifiedHint: "该数字尚未经官方文本核对",
    mine: "轮到您",
  },
  overview: {
    title: "总览",
    nothingWaits: "没有事在等您",
    waits: (count: number) => `有 ${count} 件事在等您`,
    allWell: "节点与各地区运行正常",
    wrong: (count: number) => `${count} 处需要留意`,
    waitingTitle: "等我处理",
    wrongTitle: "哪里不对",
    todayTitle: "今天发生了什么",
    subject: "事项",
    why: "在等什么",
    due: "期限",
    noDue: "无期限",
    nothingToday: "今天还没有协商或传输的变化。",
    nothingWrong: "各地区都在线,没有积压的消息,信任列表有效。",
    peerStale: (name: string) => `${name} 失联`,
    undelivered: (count: number, name: string) => `${count} 条消息尚未送达 ${name}`,
    trustWarn: "信任列表将到期",
    trustExpired: "信任列表已过期:与所有地区的通信已停止",
    notReady: "节点尚未就绪",
    open: "打开",
  },
};

export type Messages = Filled<typeof zh>;
