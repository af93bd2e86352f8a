import { adminEn } from "./admin-en.ts";
import { agreeEn } from "./agree-en.ts";
import { codesEn } from "./codes-en.ts";
import { evidenceEn } from "./evidence-en.ts";
import { exchangeEn } from "./exchange-en.ts";
import { financeEn } from "./finance-en.ts";
import { insightEn } from "./insight-en.ts";
import { objectionsEn } from "./objections-en.ts";
import { operateEn } from "./operate-en.ts";
import { paymentsEn } from "./payments-en.ts";
import { usageEn } from "./usage-en.ts";
import type { Messages } from "./zh.ts";

/** Every sentence of the console in English; a missing one does not compile. */
export const en: Messages = {
  ...codesEn,
  ...exchangeEn,
  ...agreeEn,
  ...operateEn,
  ...insightEn,
  ...evidenceEn,
  ...objectionsEn,
  ...usageEn,
  ...adminEn,
  ...financeEn,
  ...paymentsEn,
  layout: {
    skip: "Skip to content",
    navigation: "Main navigation",
    waiting: "To do",
    otherLanguage: "中 / EN",
    signOut: "Sign out",
    inLog: "See it in the audit log →",
  },
  nav: {
    overview: "Overview",
    search: "Search",
    catalog: "Catalogue",
    negotiations: "Negotiations",
    transfers: "Transfers",
    settlements: "Settlement",
    audit: "Audit",
    peers: "Peers",
  },
  signIn: {
    title: "Sign in",
    lead: "The console of this node. You stay signed in for 12 hours at most; signing out ends it at once.",
    token: "Access token",
    tokenHint:
      "Issued by the administrator (heliu tokens create) and shown only then. It belongs to this node; do not use it at another region's.",
    withPassword: "Sign in with name and password",
    name: "Name",
    password: "Password",
    submit: "Sign in",
  },
  refused: { overview: "To the overview", search: "Search", code: "Code" },
  reason: {
    waitsFor: (who) => `Waiting for ${who}`,
    until: (day) => `due by ${day}`,
    late: (day) => `late since ${day}`,
    rule: "Rule",
    unverified: "unverified",
    unverifiedHint: "This number was not checked against the official text",
    mine: "your turn",
  },
  overview: {
    title: "Overview",
    nothingWaits: "Nothing waits for you",
    waits: (count) => (count === 1 ? "One thing waits for you" : `${count} things wait for you`),
    allWell: "This node and all regions are well",
    wrong: (count) => (count === 1 ? "One thing needs a look" : `${count} things need a look`),
    waitingTitle: "Waiting for me",
    wrongTitle: "What is wrong",
    todayTitle: "What happened today",
    subject: "Subject",
    why: "What it waits for",
    due: "Due",
    noDue: "no deadline",
    nothingToday: "No negotiation or transfer has changed today.",
    nothingWrong: "All regions are live, nothing is undelivered, the trust list is in force.",
    peerStale: (name) => `${name} is silent`,
    undelivered: (count, name) => `${count} messages not yet delivered to ${name}`,
    trustWarn: "The trust list expires soon",
    trustExpired: "The trust list has expired: no region can be reached",
    notReady: "This node is not ready",
    open: "Open",
  },
};
