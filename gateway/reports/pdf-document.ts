import { namesOf } from "./labels.ts";
import type { ReportModel } from "./model.ts";
import { cover } from "./pdf-cover.ts";
import { type PdfDefinition, paper } from "./pdf-parts.ts";
import { statementPages } from "./pdf-statement.ts";
import { digestOfAll } from "./verification-code.ts";

/** Beyond this, the pages in front carry one digest of all. */
const MAX_DIGESTS = 3;

/** The report as a pure function of the model: a cover for all, then each statement under its own digest. */
export function pdfDocument(model: ReportModel): PdfDefinition {
  const { statements, language, regionNames, region, periodId, signedAt } = model;
  const names = namesOf(statements, regionNames, language);
  const { words } = names;
  const digests = statements.map(({ digest }) => digest);
  const combined = words.pdf.combined(digests.length, digestOfAll(statements));
  return paper({
    title: `${words.statement} ${periodId}`,
    author: names.region(region),
    at: signedAt,
    sections: [
      { content: cover(model, names), digests: digests.length <= MAX_DIGESTS ? digests : [combined] },
      ...statements.map((one) => ({ content: statementPages(one, names, model), digests: [one.digest] })),
    ],
  });
}
