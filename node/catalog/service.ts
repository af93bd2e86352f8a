import type { Principal } from "../identity/model.ts";
import type { Signer } from "../kernel/ed25519.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Unsubscribe } from "../storage/port.ts";
import { type ChangeFeed, createChangeFeed } from "./change-feed.ts";
import { confirmImport } from "./confirm-import.ts";
import type { CatalogDeps } from "./context.ts";
import { publishEntry, resumeEntry, reviewEntry, suspendEntry, withdrawEntry } from "./decide-publication.ts";
import { checkFile, type ImportOptions, importEntries } from "./import-entries.ts";
import type { CatalogEntry, CatalogFile, CatalogRow, ImportReport } from "./model.ts";
import { type MetadataScore, metadataScore } from "./quality.ts";
import { type CatalogReading, createCatalogReading } from "./reading.ts";
import { changeHead } from "./store.ts";

/** A file that was read, or rows a program made. */
type ImportInput = CatalogFile | readonly CatalogRow[];

/** This region's catalogue. Every change is one commit of record, change record, chain head and audit leaf. */
export type Catalog = ChangeFeed &
  CatalogReading & {
    readonly importEntries: (
      actor: Principal,
      input: ImportInput,
      options: ImportOptions,
    ) => Promise<Result<ImportReport>>;
    /** What an import would report; changes nothing. */
    readonly validate: (input: ImportInput) => Promise<ImportReport>;
    readonly confirmImport: (actor: Principal, importId: string) => Promise<Result<ImportReport>>;
    /** Submits a draft, or approves what is under review. */
    readonly publish: (actor: Principal, id: string) => Promise<Result<CatalogEntry>>;
    readonly submit: (actor: Principal, id: string) => Promise<Result<CatalogEntry>>;
    readonly review: (
      actor: Principal,
      id: string,
      decision: "return" | "refuse",
      reason: string,
    ) => Promise<Result<CatalogEntry>>;
    readonly suspend: (actor: Principal, id: string, reason: string) => Promise<Result<CatalogEntry>>;
    readonly resume: (actor: Principal, id: string) => Promise<Result<CatalogEntry>>;
    readonly withdraw: (actor: Principal, id: string, reason: string) => Promise<Result<CatalogEntry>>;
    readonly quality: (id: string) => Promise<Result<MetadataScore>>;
    /** `onChange` runs after commits that changed what is public. */
    readonly watch: (onChange: () => void) => Unsubscribe;
  };

export function createCatalog(deps: CatalogDeps & { readonly signer: Signer }): Catalog {
  const reading = createCatalogReading(deps);
  return {
    ...createChangeFeed(deps),
    ...reading,
    importEntries: (actor, input, options) => importEntries(deps, actor, fileOf(input), options),
    async validate(input) {
      const file = fileOf(input);
      const checked = await checkFile(deps, file);
      const { accepted, refused, faults } = checked.ok
        ? checked.value
        : { accepted: [], refused: [], faults: [wholeFile(checked.error)] };
      const isUnchanged = (wanted: boolean) =>
        accepted.filter((row) => row.isUnchanged === wanted).map(({ entry }) => entry.id);
      return {
        importId: null,
        imported: isUnchanged(false),
        unchanged: isUnchanged(true),
        refused,
        faults,
        notes: file.notes,
      };
    },
    confirmImport: (actor, importId) => confirmImport(deps, actor, importId),
    publish: (actor, id) => publishEntry(deps, actor, id),
    submit: (actor, id) => publishEntry(deps, actor, id, "submit"),
    review: (actor, id, decision, reason) => reviewEntry(deps, actor, id, decision, reason),
    suspend: (actor, id, reason) => suspendEntry(deps, actor, id, reason),
    resume: (actor, id) => resumeEntry(deps, actor, id),
    withdraw: (actor, id, reason) => withdrawEntry(deps, actor, id, reason),
    async quality(id) {
      const entry = await reading.get(id);
      return entry.ok ? ok(metadataScore(entry.value)) : entry;
    },
    watch: (onChange) => deps.store.watch(changeHead.key, onChange),
  };
}

function fileOf(input: ImportInput): CatalogFile {
  return "rows" in input ? input : { rows: input, notes: [], faults: [] };
}

function wholeFile({
  code,
  text,
}: {
  code: string;
  text: ImportReport["notes"][number];
}): ImportReport["faults"][number] {
  return { row: 0, column: "", value: "", rule: code, level: "error", text };
}
