import type { AgreementLogQuery } from "../audit/agreement-log.ts";
import type { Result } from "../kernel/exchange-error.ts";
import { type EvidenceDeps, exportBundle } from "./export-bundle.ts";

export type Evidence = {
  /** The canonical text of a bundle. `AUDIT_NO_HEAD` or `AUDIT_HEAD_NOT_YET` where nothing fixes how much is all. */
  readonly bundle: (query: AgreementLogQuery) => Promise<Result<string>>;
};

export function createEvidence(deps: EvidenceDeps): Evidence {
  return { bundle: (query) => exportBundle(deps, query) };
}
