import { type Canonical, canonicalize, parseCanonical } from "../kernel/canonical-json.ts";
import { type Failure, ok, type Result, refusals } from "../kernel/exchange-error.ts";
import { type CatalogChange, type CatalogEntry, catalogEntrySchema } from "./model.ts";

const refuse = refusals({ BAD_CHANGE: "invalid-input" });

/** What signed documents hold in place of an entry's JSON numbers: their decimal text, at exactly these places. */
export function encodeEntry(entry: CatalogEntry): Result<Canonical> {
  const encoded = atNumbers(entry, String);
  const text = canonicalize(encoded);
  return text.ok ? ok(encoded as Canonical) : text;
}

/** The entry again, number for number; refuses what is no entry. */
function decodeEntry(encoded: unknown): Result<CatalogEntry> {
  const entry = catalogEntrySchema.safeParse(isRecord(encoded) ? atNumbers(encoded, numberOf) : encoded);
  if (entry.success) return ok(entry.data);
  const issue = entry.error.issues[0];
  return badChange(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
}

/** The canonical text that is hashed into the chain. Our own entries are checked before, so this never refuses. */
export function encodeChange(change: CatalogChange): Result<string> {
  const entry = change.entry === null ? ok(null) : encodeEntry(change.entry);
  return entry.ok ? canonicalize({ ...change, entry: entry.value }) : entry;
}

export function decodeChange(text: string): Result<CatalogChange> {
  const parsed = parseCanonical(Buffer.from(text, "utf8"));
  if (!parsed.ok) return parsed;
  if (!isRecord(parsed.value)) return badChange("not an object");
  const { sequence, at, entryId, version, entry } = parsed.value;
  if (![sequence, at, entryId, version].every((value) => typeof value === "string")) return badChange("not text");
  const decoded = entry === null ? ok(null) : decodeEntry(entry);
  if (!decoded.ok) return decoded;
  if (decoded.value !== null && decoded.value.id !== entryId) return badChange("entryId differs from the entry's id");
  return ok({ sequence, at, entryId, version, entry: decoded.value } as CatalogChange);
}

type Json = { readonly [key: string]: unknown };

function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function atNumbers(entry: Json, write: (value: unknown) => unknown): Json {
  const inside = (value: unknown, names: readonly string[]) => (isRecord(value) ? rewrite(value, names, write) : value);
  const result: { [key: string]: unknown } = { ...rewrite(entry, ["version", "recordCount"], write) };
  if (Array.isArray(entry.fields)) result.fields = entry.fields.map((field) => inside(field, ["length", "scale"]));
  if ("quality" in entry) result.quality = inside(entry.quality, ["completeness", "accuracy", "timeliness"]);
  if (isRecord(entry.product)) {
    result.product = { ...entry.product, freeQuota: inside(entry.product.freeQuota, ["perMonth"]) };
  }
  return result;
}

function rewrite(record: Json, names: readonly string[], write: (value: unknown) => unknown): Json {
  const found = names.filter((name) => name in record).map((name) => [name, write(record[name])]);
  return { ...record, ...Object.fromEntries(found) };
}

/** Only the text that JavaScript itself writes for a number: two spellings of one number would be two documents. */
function numberOf(value: unknown): unknown {
  return typeof value === "string" && String(Number(value)) === value ? Number(value) : undefined;
}

function badChange(detail: string): Failure {
  return refuse(
    "BAD_CHANGE",
    {
      zh: "目录变更不是有效条目,已停止接收该区域的变更;请联系对方节点管理员。",
      en: "A catalogue change holds no valid entry, so changes of that region are no longer taken; contact its administrator.",
    },
    { detail },
  );
}
