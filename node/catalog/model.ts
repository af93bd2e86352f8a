import { z } from "zod";

/** The data model of a catalogue entry. Source: domain.md §4. Validation rules CAT-001…015 are in `validate.ts`. */
const accessAttributes = ["unconditional", "conditional", "none"] as const;

/** A code table by id, or inline as code → label. */
const codeListSchema = z.union([z.string(), z.record(z.string(), z.string())]);

const dataItemSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/),
  label: z.string().min(1).max(50),
  labelEn: z.string().optional(),
  type: z.enum(["string", "code", "text", "integer", "decimal", "boolean", "date", "datetime"]),
  length: z.int().min(0).optional(),
  scale: z.int().min(0).optional(),
  nullable: z.boolean().optional(),
  key: z.boolean().optional(),
  codeList: codeListSchema.optional(),
  unit: z.string().optional(),
  sensitivity: z.enum(["S0", "S1", "S2", "S3", "S4"]),
  shareable: z.boolean().optional(),
  masking: z.enum(["partial", "hash", "range", "drop"]).optional(),
  description: z.string().max(500).optional(),
  standard: z.string().optional(),
});
export type DataItem = z.infer<typeof dataItemSchema>;

const productSchema = z.strictObject({
  productType: z.enum(["data-model", "data-verification", "evaluation-index", "other"]),
  sources: z.array(z.string()).min(1),
  crossRegion: z.boolean(),
  unit: z.string(),
  capPrice: z.string(),
  listPrice: z.string(),
  freeQuota: z.strictObject({ purpose: z.string(), perMonth: z.int().min(0) }).nullable(),
  purposes: z.array(z.enum(["public-governance", "public-welfare", "industrial", "internal-duty"])).min(1),
  authorization: z.string(),
  currency: z.string().optional(),
  priceBasis: z.string().optional(),
  taxIncluded: z.boolean().optional(),
  rawDataDelivered: z.boolean(),
  sourceConsents: z.array(
    z.strictObject({ sourceId: z.string(), provider: z.string(), consentNo: z.string(), grantedOn: z.string() }),
  ),
  modelVersion: z.string().optional(),
  method: z.string().optional(),
});

const entryStatuses = ["draft", "submitted", "reviewing", "published", "suspended", "withdrawn", "refused"] as const;

const accessSchema = z.object({
  attribute: z.enum(accessAttributes),
  condition: z.string().max(500).optional(),
  basis: z.string().optional(),
});

/** Strict: an unknown key is a fault with its name, never silently dropped. */
export const catalogEntrySchema = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:~@+-]{0,127}$/),
  resourceCode: z.string().min(1),
  kind: z.enum(["dataset", "service", "product"]),
  name: z.string().min(1),
  nameEn: z.string().max(120).optional(),
  abstract: z.string().min(1),
  provider: z.strictObject({
    name: z.string().min(1),
    uscc: z.string().optional(),
    orgCode: z.string().min(1),
    divisionCode: z.string().regex(/^[1-9][0-9]{5}$/),
  }),
  regionCode: z.string().regex(/^[1-9][0-9]{5}$/),
  theme: z.string(),
  themeLabel: z.string().optional(),
  themesExtra: z.array(z.string()).optional(),
  keywords: z.array(z.string().min(1).max(20)).max(10).optional(),
  sharing: z.strictObject({
    ...accessSchema.shape,
    method: z.enum(["api", "database", "file", "verification"]).optional(),
  }),
  opening: z.strictObject(accessSchema.shape),
  updateFrequency: z.string(),
  dataLevel: z.enum(["G1", "G2", "G3", "G4", "IMP", "CORE"]),
  securityClass: z.string().optional(),
  formats: z.array(z.string()).min(1),
  language: z.string().optional(),
  spatial: z.array(z.string()).optional(),
  temporal: z.strictObject({ from: z.string(), to: z.string().nullable() }).optional(),
  recordCount: z.int().min(0).optional(),
  sourceSystem: z.string().optional(),
  legalBasis: z.string().optional(),
  singleSource: z.boolean().optional(),
  sourceEntryId: z.string().optional(),
  personalInfo: z.boolean(),
  contact: z.strictObject({ role: z.string(), phone: z.string() }).optional(),
  issued: z.iso.date(),
  modified: z.iso.date(),
  version: z.int().min(1),
  status: z.enum(entryStatuses),
  registration: z
    .strictObject({
      code: z.string().optional(),
      type: z.string().optional(),
      state: z.string(),
      validUntil: z.string().nullable().optional(),
    })
    .optional(),
  quality: z.strictObject({ completeness: z.number(), accuracy: z.number(), timeliness: z.number() }).optional(),
  fields: z.array(dataItemSchema).min(1).max(500),
  product: productSchema.optional(),
  /** Only in sample files; decisions never read them. */
  mustRefuse: z.boolean().optional(),
  expectedOutcome: z.unknown().optional(),
});
export type CatalogEntry = z.infer<typeof catalogEntrySchema>;

/** One fault of an import, pointing at the cell. `row` counts from 1 below the header (or is the entry's position in JSON). */
export type ImportFault = {
  readonly row: number;
  readonly column: string;
  readonly value: string;
  readonly rule: string;
  readonly level: "error" | "warning" | "info";
  readonly text: { readonly zh: string; readonly en: string };
};

/** An entry that the rules refuse to hold at all (INV-06): an answer, not a fault. Its fields are not kept. */
export type RefusedEntry = {
  readonly row: number;
  readonly id: string;
  readonly code: "STATE_SECRET" | "WORK_SECRET" | string;
};

/** One entry as a file wrote it, not yet checked. `row` counts from 1 below the header, or is the position in JSON. */
export type CatalogRow = { readonly row: number; readonly value: unknown };

/** A file that was read: its rows, what was noted on the way, and what could not be read at all. */
export type CatalogFile = {
  readonly rows: readonly CatalogRow[];
  readonly notes: readonly { readonly zh: string; readonly en: string }[];
  readonly faults: readonly ImportFault[];
  /** How the file calls a column (`sharing.attribute` → `共享属性`), so that faults speak its language. */
  readonly headers?: { readonly [column: string]: string };
};

export type ImportReport = {
  /** Set while the import waits for an approver other than the importer to confirm it. */
  readonly importId: string | null;
  readonly imported: readonly string[];
  readonly unchanged: readonly string[];
  readonly refused: readonly RefusedEntry[];
  readonly faults: readonly ImportFault[];
  /** Notes such as "GB18030 was converted to UTF-8". */
  readonly notes: readonly { readonly zh: string; readonly en: string }[];
};

/** One numbered change of a region's catalogue. `entry` is null for a withdrawal. */
export type CatalogChange = {
  readonly sequence: string;
  readonly at: string;
  readonly entryId: string;
  readonly version: string;
  readonly entry: CatalogEntry | null;
};

/**
 * A change as it goes to peers: the chain runs over `H(salt ‖ change)`, so a change a peer may not see arrives as its
 * hash alone and one signature serves all peers. Source: trust.md §4.
 */
export type ChainedChange = {
  readonly sequence: string;
  /** Canonical JSON text of the change, or null where the peer may not see it. */
  readonly change: string | null;
  readonly salt: string | null;
  /** Hex SHA-256 of salt ‖ change. */
  readonly hash: string;
};

/** `head` = hash chain value after the last change; signature over `"heliu.changes.v1\n"` ‖ canonical {region, sequence, head, at}. */
export type SignedChangeBatch = {
  readonly region: string;
  /** The chain value before the first change of the batch, 64 hex digits. */
  readonly previousHead: string;
  readonly changes: readonly ChainedChange[];
  /** Number of the last change this head covers; `"0"` for an empty catalogue. */
  readonly sequence: string;
  readonly head: string;
  readonly at: string;
  readonly keyId: string;
  readonly signature: string;
};
