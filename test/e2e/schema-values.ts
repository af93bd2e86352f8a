import fc from "fast-check";

export type JsonSchema = { readonly [keyword: string]: unknown };
type Document = { readonly components?: { readonly schemas?: { readonly [name: string]: JsonSchema } } };

/** Text that has broken programs before. */
const HOSTILE = [
  ...["", " ", "\u0000", "a\u0000b", "../../etc/passwd", "..", "%2e%2e%2f", "__proto__", "constructor", "null", "-1"],
  ...["'; drop table users; --", "<script>alert(1)</script>", "\u202eabc", "😀", "\ud800", "９９９９", "1e309", "NaN"],
  ...["18446744073709551616", "x".repeat(600), "ａ́", "2026-02-30", "urn:uuid:00000000-0000-4000-8000-000000000000"],
];

/** Values a schema of the OpenAPI document allows, mixed with ones it does not. */
export function valuesOf(schema: JsonSchema, document: Document, depth = 0): fc.Arbitrary<unknown> {
  const fitting = fittingOf(schema, document, depth);
  if (depth > 3) return fitting;
  const wrong = fc.oneof(fc.constantFrom<unknown>(...HOSTILE), fc.constantFrom<unknown>(null, [], {}, -1, 1e308, true));
  return fc.oneof({ weight: 12, arbitrary: fitting }, { weight: 1, arbitrary: wrong });
}

function fittingOf(schema: JsonSchema, document: Document, depth: number): fc.Arbitrary<unknown> {
  if (typeof schema.$ref === "string") {
    const name = schema.$ref.split("/").at(-1) ?? "";
    return valuesOf(document.components?.schemas?.[name] ?? {}, document, depth + 1);
  }
  if ("const" in schema) return fc.constant(schema.const);
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
  const choices = (schema.anyOf ?? schema.oneOf) as readonly JsonSchema[] | undefined;
  if (choices !== undefined) return fc.oneof(...choices.map((one) => valuesOf(one, document, depth + 1)));
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === "object") return objectOf(schema, document, depth);
  if (type === "array") return arrayOf(schema, document, depth);
  if (type === "string") return textOf(schema);
  if (type === "integer" || type === "number") return numberOf(schema);
  if (type === "boolean") return fc.boolean();
  return fc.anything({ maxDepth: 2 }).filter(isJson);
}

function objectOf(schema: JsonSchema, document: Document, depth: number): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema.properties ?? {}) as { [name: string]: JsonSchema });
  const required = new Set((schema.required ?? []) as string[]);
  const known = fc.record(
    Object.fromEntries(properties.map(([name, one]) => [name, valuesOf(one, document, depth + 1)])),
    { requiredKeys: properties.map(([name]) => name).filter((name) => required.has(name)) },
  );
  if (typeof schema.additionalProperties !== "object" || schema.additionalProperties === null) return known;
  const more = valuesOf(schema.additionalProperties as JsonSchema, document, depth + 1);
  return fc.dictionary(fc.string({ maxLength: 12 }), more, { maxKeys: 3 });
}

function arrayOf(schema: JsonSchema, document: Document, depth: number): fc.Arbitrary<unknown> {
  const items = valuesOf((schema.items ?? {}) as JsonSchema, document, depth + 1);
  const minLength = Number(schema.minItems ?? 0);
  return fc.array(items, { minLength, maxLength: minLength + 2 });
}

function textOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (typeof schema.pattern === "string") {
    const matching = fc.stringMatching(new RegExp(schema.pattern));
    return fc.oneof(matching, fc.constantFrom(...HOSTILE));
  }
  if (schema.format === "date-time")
    return fc.oneof(
      fc.date({ noInvalidDate: true, min: new Date(0), max: new Date("2100-01-01") }).map((date) => date.toISOString()),
      fc.constantFrom(...HOSTILE),
    );
  const bounds = { minLength: Number(schema.minLength ?? 0), maxLength: Math.min(Number(schema.maxLength ?? 40), 40) };
  return fc.oneof(fc.string({ ...bounds, unit: "binary" }), fc.string(bounds), fc.constantFrom(...HOSTILE));
}

function numberOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  const min = Math.max(Number(schema.minimum ?? -1_000), -1_000);
  const max = Math.min(Number(schema.maximum ?? 1_000), 1_000);
  return fc.oneof(fc.integer({ min, max }), fc.constantFrom(0, -1, 1e21, 0.5));
}

function isJson(value: unknown): boolean {
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
}
