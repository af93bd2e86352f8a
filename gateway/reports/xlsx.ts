import type { WriteSheet } from "hucre/xlsx";
import { msOf } from "../../node/kernel/instant.ts";

export type Book = { readonly title: string; readonly sheets: WriteSheet[]; readonly at: string };

export async function writeBook({ title, sheets, at }: Book): Promise<Uint8Array> {
  // Loaded where it is used: it costs 70 ms at start and nobody may ever ask for it.
  const { writeXlsx } = await import("hucre/xlsx");
  // Without fixed dates two renderings of one model would differ.
  const date = new Date(msOf(at));
  return writeXlsx({ sheets, properties: { title, creator: "Heliu", created: date, modified: date } });
}
