type Statement = { readonly periodId: string; readonly agreementId: string };

export function statementPath({ periodId, agreementId }: Statement): string {
  return `/console/settlements/${periodId}/${encodeURIComponent(agreementId)}`;
}

/** The receipts behind a line or a term of the equation. */
export function lineReceiptsPath(
  statement: Statement,
  wanted: { readonly line?: string; readonly bin?: string },
): string {
  return `${statementPath(statement)}/receipts?${new URLSearchParams(wanted)}`;
}

export function disputePath({ periodId, id }: { readonly periodId: string; readonly id: string }): string {
  return `/console/settlements/${periodId}/disputes/${encodeURIComponent(id)}`;
}
