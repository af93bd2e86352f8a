import type { ReportModel } from "./model.ts";
import { pdfDocument } from "./pdf-document.ts";
import type { PdfDefinition } from "./pdf-parts.ts";
import { printPdf } from "./pdf-print.ts";
import { type Book, writeBook } from "./xlsx.ts";
import { bookOf } from "./xlsx-sheets.ts";

type Forms<Model> = { readonly pdf: (model: Model) => PdfDefinition; readonly xlsx: (model: Model) => Book };

/** What a model is printed as. A line here is all that a further kind of report needs. */
const forms = {
  statements: { pdf: pdfDocument, xlsx: bookOf } satisfies Forms<ReportModel>,
};

type Printable = { readonly [K in keyof typeof forms]: Parameters<(typeof forms)[K]["pdf"]>[0] };

export type PrintJob = {
  [K in keyof Printable]: { readonly kind: K; readonly form: "pdf" | "xlsx"; readonly model: Printable[K] };
}[keyof Printable];

/** Pure computing, half a second of it for a PDF; `print-apart.ts` does it where it stops nobody. */
export async function print({ kind, form, model }: PrintJob): Promise<Uint8Array> {
  const { pdf, xlsx } = forms[kind] as Forms<typeof model>;
  return form === "pdf" ? printPdf(pdf(model)) : writeBook(xlsx(model));
}
