import { msOf } from "../../node/kernel/instant.ts";
import type { ReportModel } from "./model.ts";
import { sheetsOf } from "./xlsx-sheets.ts";

export async function renderXlsx(model: ReportModel): Promise<Uint8Array> {
  // Loaded where it is used: it costs 70 ms at start and nobody may ever ask for it.
  const { writeXlsx } = await import("hucre/xlsx");
  // Without fixed dates two renderings of one model would differ.
  const signedAt = new Date(msOf(model.signedAt));
  const properties = { title: `结算单 ${model.periodId}`, creator: "Heliu", created: signedAt, modified: signedAt };
  return writeXlsx({ sheets: sheetsOf(model), properties });
}
