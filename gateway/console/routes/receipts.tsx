import type { Hono } from "hono";
import type { HeldReceipt } from "../../../node/metering/model.ts";
import type { Metering } from "../../../node/metering/service.ts";
import type { GatewayDeps } from "../../deps.ts";
import { RECEIPT_READERS } from "../../readers.ts";
import { ReceiptPage, ReceiptsPage } from "../pages/receipts.tsx";
import { page } from "../parts/document.tsx";
import { refuseConsole, refused } from "../refusal.tsx";
import { type ConsoleEnvironment, holds, type View } from "../view.ts";

const PAGE = 50;

export function receiptRoutes(app: Hono<ConsoleEnvironment>, { metering, callsOfReceipt }: GatewayDeps): void {
  app.use("/console/receipts/*", async (c, next) =>
    holds(c.get("view"), ...RECEIPT_READERS) ? next() : refuseConsole(c, "RECEIPTS_ONLY"),
  );
  app.get("/console/receipts", async (c) => {
    const asked = { agreement: c.req.query("agreement"), period: c.req.query("period") };
    const { items, next } = await metering.receipts({ ...asked, limit: PAGE, cursor: c.req.query("cursor") });
    return page(c, <ReceiptsPage view={c.get("view")} receipts={items} asked={asked} next={next} />);
  });
  app.get("/console/receipts/:id", async (c) => {
    const found = await metering.receipt(c.req.param("id"));
    if (!found.ok) return refused(c, found.error);
    // A batch of rows is no window: it has no single calls to show.
    const isBatch = found.value.core.transferId.startsWith("urn:uuid:");
    const calls = isBatch ? undefined : await callsOfReceipt(found.value.core.receiptId);
    return page(c, <ReceiptPage view={c.get("view")} receipt={found.value} calls={calls} />);
  });
}

/** Null where the reader may not see receipts. */
export async function firstReceipts(
  metering: Metering,
  view: View,
  query: { readonly agreement: string; readonly period?: string; readonly limit: number },
): Promise<readonly HeldReceipt[] | null> {
  return holds(view, ...RECEIPT_READERS) ? (await metering.receipts(query)).items : null;
}
