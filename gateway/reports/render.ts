import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { journal } from "../../node/settlement/journal.ts";
import { renderCsv } from "./csv.ts";
import { disclosureCsv, type PrintedDisclosure } from "./disclosure.ts";
import type { JournalModel } from "./journal-model.ts";
import { renderJson } from "./json.ts";
import type { ReportModel } from "./model.ts";
import type { Printable, PrintForm } from "./print.ts";
import { printApart } from "./print-apart.ts";
import type { RequesterReport } from "./requester-model.ts";
import { requesterCsv, requesterJson } from "./requester-table.ts";

export const documentFormats = ["json", "csv", "xlsx", "pdf"] as const;
export type DocumentFormat = (typeof documentFormats)[number];
export const journalFormats = ["ledger", "hledger", "beancount"] as const;
export type JournalFormat = (typeof journalFormats)[number];
export const reportFormats = [...documentFormats, ...journalFormats] as const;
export type ReportFormat = (typeof reportFormats)[number];

export type ReportFile = { readonly bytes: Uint8Array; readonly contentType: string; readonly filename: string };

type FileType = { readonly contentType: string; readonly extension: string };
const fileTypes: { readonly [F in ReportFormat]: FileType } = {
  json: { contentType: "application/json", extension: "json" },
  csv: { contentType: "text/csv; charset=utf-8; header=present", extension: "csv" },
  xlsx: { contentType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", extension: "xlsx" },
  pdf: { contentType: "application/pdf", extension: "pdf" },
  ledger: { contentType: "text/plain; charset=utf-8", extension: "ledger" },
  hledger: { contentType: "text/plain; charset=utf-8", extension: "journal" },
  beancount: { contentType: "text/plain; charset=utf-8", extension: "beancount" },
};

type Renderings<Model> = { readonly [F in DocumentFormat]: (model: Model) => string | Promise<Uint8Array> };

function printed<K extends keyof Printable>(kind: K) {
  const as = (form: PrintForm) => (model: Printable[K]) =>
    printApart({ kind, form, model } as Parameters<typeof printApart>[0]);
  return { pdf: as("pdf"), xlsx: as("xlsx") };
}

/** One data model, one line per rendering. */
const ofStatements: Renderings<ReportModel> = { json: renderJson, csv: renderCsv, ...printed("statements") };
const ofRequester: Renderings<RequesterReport> = { json: requesterJson, csv: requesterCsv, ...printed("requester") };
const ofDisclosure: Renderings<PrintedDisclosure> = {
  json: ({ disclosure }) => `${JSON.stringify(disclosure, null, 2)}\n`,
  csv: ({ disclosure }) => disclosureCsv(disclosure),
  ...printed("disclosure"),
};

export async function renderReport(format: DocumentFormat, model: ReportModel): Promise<ReportFile> {
  return file(format, `${model.region}-${model.periodId}`, await ofStatements[format](model));
}

export async function renderRequesterReport(format: DocumentFormat, report: RequesterReport): Promise<ReportFile> {
  return file(format, `${report.region}-${report.periodId}-requester`, await ofRequester[format](report));
}

export async function renderDisclosure(format: DocumentFormat, printable: PrintedDisclosure): Promise<ReportFile> {
  const { region, year } = printable.disclosure;
  return file(format, `${region}-${year}-disclosure`, await ofDisclosure[format](printable));
}

/** hledger reads what ledger reads. `suffix` tells whose view it is. */
export function renderJournal(format: JournalFormat, { region, periodId, transfers }: JournalModel, suffix = "") {
  const { plain, beancount } = mustSucceed(journal(transfers));
  return file(format, `${region}-${periodId}${suffix}`, format === "beancount" ? beancount : plain);
}

function file(format: ReportFormat, stem: string, content: string | Uint8Array): ReportFile {
  const { contentType, extension } = fileTypes[format];
  const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
  return { bytes, contentType, filename: `heliu-${stem}.${extension}` };
}
