import type { Principal } from "../node/identity/model.ts";
import type { Reason } from "../node/kernel/reason.ts";
import type { GatewayDeps } from "./deps.ts";

/** Something that waits for the reader: what, why, until when, and where to act. */
export type Task = {
  readonly kind: "negotiation" | "agreement" | "settlement" | "import" | "alert" | "log" | "objection";
  readonly id: string;
  readonly title: { readonly zh: string; readonly en: string };
  readonly reason: Reason | null;
  readonly href: string;
};

/** What waits for a person, earliest deadline first. Shared by the API, the console and `heliu tasks list`. */
export async function waitingFor(deps: GatewayDeps, principal: Principal): Promise<Task[]> {
  const alarms = await brokenLogs(deps, principal);
  const objections = (await deps.objections.waiting(principal)).map(
    (o): Task => ({
      kind: "objection",
      id: o.id,
      title: { zh: `异议:${o.entry.name}`, en: `Objection: ${o.entry.name}` },
      reason: o.reason,
      href: `/console/objections/${encodeURIComponent(o.id)}`,
    }),
  );
  const negotiations = (await deps.negotiations.waiting(principal)).map(
    (n): Task => ({
      kind: "negotiation",
      id: n.id,
      title: { zh: `协商:${n.entry.name}`, en: `Negotiation: ${n.entry.name}` },
      reason: n.reason,
      href: `/console/negotiations/${encodeURIComponent(n.id)}`,
    }),
  );
  const agreements = (await deps.negotiations.waitingAgreements(principal)).map(
    (a): Task => ({
      kind: "agreement",
      id: a.id,
      title: { zh: `签署协议:${a.entry.name}`, en: `Agreement to sign: ${a.entry.name}` },
      reason: a.reason,
      href: `/console/agreements/${encodeURIComponent(a.id)}`,
    }),
  );
  const settlements = (await deps.settlements.waiting(principal)).map(
    (s): Task => ({
      kind: "settlement",
      id: s.periodId,
      title: { zh: `结算:${s.periodId}`, en: `Settlement: ${s.periodId}` },
      reason: s.reason,
      href: `/console/settlements/${s.periodId}`,
    }),
  );
  const nettings = (await deps.payments.waiting(principal)).map(
    (n): Task => ({
      kind: "settlement",
      id: n.periodId,
      title: { zh: `轧差:${n.periodId}`, en: `Netting: ${n.periodId}` },
      reason: n.reason,
      href: `/console/settlements/${n.periodId}/net`,
    }),
  );
  const imports = (await deps.catalog.waiting(principal)).map(
    (i): Task => ({
      kind: "import",
      id: i.id,
      title: { zh: `目录导入待确认:${i.entries} 条`, en: `Import to confirm: ${i.entries} entries` },
      reason: i.reason,
      href: "/console/catalog",
    }),
  );
  const alerts = (await deps.insight.waiting(principal)).map(
    (alert): Task => ({
      kind: "alert",
      id: `${alert.agreementId}/${alert.id}`,
      title: {
        zh: `用量提醒:协议 ${alert.agreementId} 已用 ${alert.threshold}%(${alert.measure})`,
        en: `Usage: agreement ${alert.agreementId} has used ${alert.threshold} % (${alert.measure})`,
      },
      reason: null,
      href: `/console/agreements/${encodeURIComponent(alert.agreementId)}`,
    }),
  );
  return [
    ...alarms,
    ...objections,
    ...alerts,
    ...negotiations,
    ...agreements,
    ...settlements,
    ...nettings,
    ...imports,
  ].sort((a, b) => dueOf(a).localeCompare(dueOf(b)));
}

/** Another region's log that lied or went back concerns whoever relies on it, until it is mended. */
async function brokenLogs({ audit }: GatewayDeps, { roles }: Principal): Promise<Task[]> {
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
}

const dueOf = (task: Task): string => task.reason?.until ?? "9999";
