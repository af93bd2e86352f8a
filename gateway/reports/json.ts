import { digestOf } from "../../node/kernel/canonical-json.ts";
import type { ReportModel } from "./model.ts";

/** The signed statements as they are: canonicalise `statement` and its digest and signatures can be checked anywhere. */
export function renderJson({ periodId, region, signedAt, statements, evidence, equations }: ReportModel): string {
  const digests = statements.map(({ digest }) => digest).sort();
  const report = {
    type: "heliu.report.v1",
    periodId,
    region,
    signedAt,
    digest: digestOf(digests),
    statements: statements.map((one) => ({
      statement: one.statement,
      digest: one.digest,
      signatures: one.signatures,
      declaration: one.declaration,
      declarationDigest: one.declarationDigest,
      declarationSignatures: one.declarationSignatures,
      entryName: one.entryName,
      provider: one.provider,
      consumer: one.consumer,
      parties: one.parties,
      audit: evidence.find(({ agreementId }) => agreementId === one.agreementId) ?? null,
      equation: equations.find(({ agreementId }) => agreementId === one.agreementId) ?? null,
    })),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}
