import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { requireRole } from "../../node/identity/authorise.ts";
import type { Principal } from "../../node/identity/model.ts";
import { ok, type Result } from "../../node/kernel/exchange-error.ts";
import type { Language } from "../../node/kernel/text.ts";
import { STATEMENT_READERS } from "../../node/settlement/period-view.ts";
import type { GatewayDeps } from "../deps.ts";
import { INSIGHT_READERS } from "../readers.ts";
import { type JournalDeps, journalOf, requesterJournalOf } from "../reports/journal-model.ts";
import { type ReportDeps, reportModelOf } from "../reports/model.ts";
import {
  documentFormats,
  type JournalFormat,
  journalFormats,
  type ReportFile,
  type ReportFormat,
  renderDisclosure,
  renderJournal,
  renderReport,
  renderRequesterReport,
  reportFormats,
} from "../reports/render.ts";
import { type RequesterDeps, requesterReportOf } from "../reports/requester-model.ts";
import { languageOf } from "./problem.ts";
import { type Api, route } from "./route.ts";

const tag = "settlements";
const language = z.enum(["zh", "en"]).optional();
export const reportViews = ["bureau", "requester"] as const;

type ReportQuery = {
  readonly period: string;
  readonly format: ReportFormat;
  readonly agreement: string | undefined;
  readonly view: (typeof reportViews)[number] | undefined;
  readonly language: Language;
};

export function reportRoutes(api: Api, deps: GatewayDeps): void {
  route(
    api,
    {
      method: "get",
      path: "/api/v1/settlements/{period}/report",
      tag,
      summary:
        "The signed statements as a report. view=bureau: all of it (finance, auditor, approver); view=requester: what this region pays, its lines, receipts and agreements, and nothing of what others get or cost",
      access: [...STATEMENT_READERS, "requester"],
      params: z.object({ period: z.string().regex(/^[0-9]{4}-(0[1-9]|1[0-2])$/) }),
      query: z.object({
        format: z.enum(reportFormats).default("json"),
        agreement: z.string().max(128).optional(),
        view: z.enum(reportViews).optional(),
        language,
      }),
      answer: z.unknown(),
    },
    async ({ params, query, principal, c }) => {
      const { format, agreement, view } = query;
      const asked = { period: params.period, format, agreement, view, language: query.language ?? languageOf(c) };
      const file = await reportFor(deps, principal, asked);
      return file.ok ? ok(download(c, file.value)) : file;
    },
  );
  route(
    api,
    {
      method: "get",
      path: "/api/v1/reports/disclosure",
      tag,
      summary: "Yearly disclosure of authorised operation: object, content, scope, period; products, caps and fees",
      access: INSIGHT_READERS.disclosure,
      query: z.object({
        year: z.string().regex(/^[0-9]{4}$/),
        format: z.enum(documentFormats).default("json"),
        language,
      }),
      answer: z.unknown(),
    },
    async ({ query, c }) => {
      const disclosure = await deps.insight.disclosure(query.year);
      if (query.format === "json") return ok(disclosure);
      const printable = { disclosure, language: query.language ?? languageOf(c) };
      return ok(download(c, await renderDisclosure(query.format, printable)));
    },
  );
}

/** By role: whoever may not see how the money is shared gets the requester's view, and is refused the bureau's by name. */
export async function reportFor(
  deps: ReportDeps & RequesterDeps & JournalDeps,
  principal: Principal,
  asked: ReportQuery,
): Promise<Result<ReportFile>> {
  const { period, format, agreement } = asked;
  const isBureau = STATEMENT_READERS.some((role) => principal.roles.includes(role));
  const view = asked.view ?? (isBureau ? "bureau" : "requester");
  if (view === "requester") {
    if (isJournal(format)) {
      const model = await requesterJournalOf(deps, period, agreement);
      return model.ok ? ok(renderJournal(format, model.value, "-requester")) : model;
    }
    const report = await requesterReportOf(deps, period, agreement, asked.language);
    return report.ok ? ok(await renderRequesterReport(format, report.value)) : report;
  }
  const allowed = requireRole(principal, STATEMENT_READERS);
  if (!allowed.ok) return allowed;
  if (isJournal(format)) {
    const model = await journalOf(deps, period, agreement);
    return model.ok ? ok(renderJournal(format, model.value)) : model;
  }
  const model = await reportModelOf(deps, period, agreement, asked.language);
  return model.ok ? ok(await renderReport(format, model.value)) : model;
}

function isJournal(format: ReportFormat): format is JournalFormat {
  return journalFormats.some((one) => one === format);
}

export function download(c: Context, { bytes, contentType, filename }: ReportFile): Response {
  return c.body(bytes as Uint8Array<ArrayBuffer>, 200, {
    "content-type": contentType,
    "content-disposition": `attachment; filename="${filename}"`,
  });
}
