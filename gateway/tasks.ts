import type { Principal } from "../node/identity/model.ts";
import type { Reason } from "../node/kernel/reason.ts";
import { alertReason, alertTitle } from "../node/settlement/insight/alert-words.ts";
import type { GatewayDeps } from "./deps.ts";

/** Something that waits for the reader: what, why, until when, and where to act. */
export type Task = {
  readonly kind:
    | "negotiation"
    | "agreement"
    | "settlement"
    | "netting"
    | "import"
    | "entries"
    | "alert"
    | "log"
    | "objection"
    | "payment"
    | "account";
  readonly id: string;
  readonly title: { readonly zh: string; readonly en: string };
  readonly reason: Reason | null;
  readonly href: string;
};

type Room = (deps: GatewayDeps, principal: Principal) => Promise<Task[]>;

/** What waits for a person, earliest deadline first. Shared by the API, the console and `heliu tasks list`. */
export async function waitingFor(deps: GatewayDeps, principal: Principal): Promise<Task[]> {
  const rooms = [
    brokenLogs,
    objections,
    alerts,
    negotiations,
    agreements,
    settlements,
    nettings,
    payments,
    accounts,
    imports,
    entries,
  ];
  const found = await Promise.all(rooms.map((room) => room(deps, principal)));
  return found.flat().sort((a, b) => dueOf(a).localeCompare(dueOf(b)));
}

const objections: Room = async (deps, principal) =>
  (await deps.objections.waiting(principal)).map(({ id, entry, reason }) => ({
    kind: "objection",
    id,
    title: { zh: `异议:${entry.name}`, en: `Objection: ${entry.name}` },
    reason,
    href: `/console/objections/${encodeURIComponent(id)}`,
  }));

const negotiations: Room = async (deps, principal) =>
  (await deps.negotiations.waiting(principal)).map(({ id, entry, reason }) => ({
    kind: "negotiation",
    id,
    title: { zh: `协商:${entry.name}`, en: `Negotiation: ${entry.name}` },
    reason,
    href: `/console/negotiations/${encodeURIComponent(id)}`,
  }));

const agreements: Room = async (deps, principal) =>
  (await deps.negotiations.waitingAgreements(principal)).map(({ id, entry, reason }) => ({
    kind: "agreement",
    id,
    title: { zh: `签署协议:${entry.name}`, en: `Agreement to sign: ${entry.name}` },
    reason,
    href: `/console/agreements/${encodeURIComponent(id)}`,
  }));

const settlements: Room = async (deps, principal) =>
  (await deps.settlements.waiting(principal)).map(({ periodId, reason }) => ({
    kind: "settlement",
    id: periodId,
    title: { zh: `结算:${periodId}`, en: `Settlement: ${periodId}` },
    reason,
    href: `/console/settlements/${periodId}`,
  }));

const nettings: Room = async (deps, principal) =>
  (await deps.payments.waiting(principal)).map(({ periodId, reason }) => ({
    kind: "netting",
    id: periodId,
    title: { zh: `轧差:${periodId}`, en: `Netting: ${periodId}` },
    reason,
    href: `/console/settlements/${periodId}/net`,
  }));

const PAYMENTS = {
  proposed: { zh: "收付款:待复核的认领", en: "Payments: claims to confirm" },
  open: { zh: "收付款:待认领", en: "Payments: to claim" },
};

const payments: Room = async (deps, principal) =>
  (await deps.payments.undecided(principal)).map(({ state, reason }) => ({
    kind: "payment",
    id: state,
    title: PAYMENTS[state],
    reason,
    href: `/console/payments#${state}`,
  }));

const accounts: Room = async (deps, principal) =>
  (await deps.payments.accountsWaiting(principal)).map(({ account, reason }) => ({
    kind: "account",
    id: account,
    title: { zh: `账户待另一人登记:${account}`, en: `Account for a second person to register: ${account}` },
    reason,
    href: "/console/payments/accounts",
  }));

const imports: Room = async (deps, principal) =>
  (await deps.catalog.waiting(principal)).map(({ id, entries, reason }) => ({
    kind: "import",
    id,
    title: { zh: `目录导入待确认:${entries} 条`, en: `Import to confirm: ${entries} entries` },
    reason,
    href: "/console/catalog",
  }));

const ENTRIES = {
  review: {
    title: (n: string) => ({ zh: `目录条目待审核:${n} 条`, en: `Catalogue entries to review: ${n}` }),
    href: "/console/catalog?status=reviewing",
  },
  returned: {
    title: (n: string) => ({ zh: `目录条目被退回:${n} 条`, en: `Catalogue entries sent back: ${n}` }),
    href: "/console/catalog?status=draft",
  },
};

const entries: Room = async (deps, principal) =>
  (await deps.catalog.queues(principal)).map(({ queue, entries, reason }) => ({
    kind: "entries",
    id: queue,
    title: ENTRIES[queue].title(entries),
    reason,
    href: ENTRIES[queue].href,
  }));

const alerts: Room = async (deps, principal) =>
  Promise.all(
    (await deps.insight.waiting(principal)).map(async (alert) => {
      const { agreementId, id } = alert;
      const agreement = await deps.negotiations.agreement(agreementId);
      const name = agreement.ok ? agreement.value.entry.name : agreementId;
      const reached = alertTitle(alert);
      return {
        kind: "alert",
        id: `${agreementId}/${id}`,
        title: { zh: `用量提醒:${name},${reached.zh}`, en: `Usage: ${name}, ${reached.en}` },
        reason: alertReason(alert),
        href: `/console/agreements/${encodeURIComponent(agreementId)}`,
      } as const;
    }),
  );

/** Another region's log that lied or went back concerns whoever relies on it, until it is mended. */
const brokenLogs: Room = async ({ audit }, { roles }) => {
  if (!roles.includes("auditor") && !roles.includes("admin")) return [];
  const open = (await audit.findings()).filter(({ mendedAt }) => mendedAt === null);
  return open.map(({ kind, region, origin, size }) => ({
    kind: "log",
    id: `${region}/${size}`,
    title:
      kind === "equivocation"
        ? { zh: `地区 ${region} 的审计日志前后不一:${origin}`, en: `Region ${region} shows two histories: ${origin}` }
        : { zh: `地区 ${region} 的审计日志退回:${origin}`, en: `The log of region ${region} went back: ${origin}` },
    reason: null,
    href: "/console/audit",
  }));
};

const dueOf = (task: Task): string => task.reason?.until ?? "9999";
