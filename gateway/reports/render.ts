import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { journal } from "../../node/settlement/journal.ts";
import { renderCsv } from "./csv.ts";
import { renderJson } from "./json.ts";
import type { ReportModel } from "./model.ts";
import { printApart } from "./print-apart.ts";

export const reportFormats = ["json", "csv", "xlsx", "pdf", "ledger", "hledger", "beancount"] as const;
export type ReportFormat = (typeof reportFormats)[number];

export type ReportFile = { readonly bytes: Uint8Array; readonly contentType: string; readonly filename: string };

type Rendering = {
  readonly contentType: string;
  readonly extension: string;
  readonly render: (model: ReportModel) => string | Promise<Uint8Array>;
};

/** One data model, one line per rendering. */
const renderings: { readonly [F in ReportFormat]: Rendering } = {
  json: { contentType: "application/json", extension: "json", render: renderJson },
  csv: { contentType: "text/csv; charset=utf-8; header=present", extension: "csv", render: renderCsv },
  xlsx: {
    contentType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    extension: "xlsx",
    render: (model) => printApart({ kind: "statements", form: "xlsx", model }),
  },
  pdf: {
    contentType: "application/pdf",
    extension: "pdf",
    render: (model) => printApart({ kind: "statements", form: "pdf", model }),
  },
  ledger: { contentType: "text/plain; charset=utf-8", extension: "ledger", render: plainJournal },
  hledger: { contentType: "text/plain; charset=utf-8", extension: "journal", render: plainJournal },
  beancount: {
    contentType: "text/plain; charset=utf-8",
    extension: "beancount",
    render: ({ transfers }) => mustSucceed(journal(transfers)).beancount,
  },
};

export async function renderReport(format: ReportFormat, model: ReportModel): Promise<ReportFile> {
  const { contentType, extension, render } = renderings[format];
  const content = await render(model);
  const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
  return { bytes, contentType, filename: `heliu-${model.region}-${model.periodId}.${extension}` };
}

function plainJournal({ transfers }: ReportModel): string {
  return mustSucceed(journal(transfers)).plain;
}
