import type { Canonical } from "../kernel/canonical-json.ts";
import { isDigest } from "./model.ts";

/** Members of a decision's inputs that name another document by digest. */
const NAMING = ["entry", "fields"] as const;

/** Digests of further documents that the inputs of decisions lean on: kept once, however often they are named. */
export function documentsNamedBy(document: Canonical): string[] {
  const { items } = document as { readonly items?: unknown };
  if (!Array.isArray(items)) return [];
  return items.flatMap((item: unknown) =>
    NAMING.flatMap((name) => {
      const value = (item as { readonly [name: string]: unknown } | null)?.[name];
      return isDigest(value) ? [value] : [];
    }),
  );
}
