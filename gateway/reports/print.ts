import type { PrintedDisclosure } from "./disclosure.ts";
import { disclosurePdf } from "./disclosure-pdf.ts";
import { disclosureBook } from "./disclosure-xlsx.ts";
import type { ReportModel } from "./model.ts";
import { pdfDocument } from "./pdf-document.ts";
import type { PdfDefinition } from "./pdf-parts.ts";
import { printPdf } from "./pdf-print.ts";
import type { RequesterReport } from "./requester-model.ts";
import { requesterPdf } from "./requester-pdf.ts";
import { requesterBook } from "./requester-xlsx.ts";
import { type Book, writeBook } from "./xlsx.ts";
import { bookOf } from "./xlsx-sheets.ts";

/** What is printed, by kind. */
export type Printable = {
  readonly statements: ReportModel;
  readonly requester: RequesterReport;
  readonly disclosure: PrintedDisclosure;
};
export type PrintForm = "pdf" | "xlsx";
export type PrintJob = {
  [K in keyof Printable]: { readonly kind: K; readonly form: PrintForm; readonly model: Printable[K] };
}[keyof Printable];

type Forms<Model> = { readonly pdf: (model: Model) => PdfDefinition; readonly xlsx: (model: Model) => Book };
const forms: { readonly [K in keyof Printable]: Forms<Printable[K]> } = {
  statements: { pdf: pdfDocument, xlsx: bookOf },
  requester: { pdf: requesterPdf, xlsx: requesterBook },
  disclosure: { pdf: disclosurePdf, xlsx: disclosureBook },
};

/** Pure computing, half a second of it for a PDF; `print-apart.ts` does it where it stops nobody. */
export function print(job: PrintJob): Promise<Uint8Array> {
  const { pdf, xlsx } = forms[job.kind] as Forms<PrintJob["model"]>;
  return job.form === "pdf" ? printPdf(pdf(job.model)) : writeBook(xlsx(job.model));
}
