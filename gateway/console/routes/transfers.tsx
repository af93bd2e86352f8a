import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import type { Hono } from "hono";
import { transferStates } from "../../../node/transfer/model.ts";
import type { GatewayDeps } from "../../deps.ts";
import { readForm } from "../form.ts";
import { TransferPage } from "../pages/transfer.tsx";
import { TransfersPage } from "../pages/transfers.tsx";
import { page } from "../parts/document.tsx";
import { refuseConsole, refused } from "../refusal.tsx";
import { type ConsoleEnvironment, doneText, holds } from "../view.ts";
import { firstReceipts } from "./receipts.tsx";

const PAGE = 30;
/** Among which those that run are counted: to count them all would read every transfer there ever was. */
const LATEST = 100;
const RECEIPTS = 500;
const SHOWN_RECEIPTS = 20;
const CONTROLS = { suspend: "suspended", resume: "resumed", terminate: "terminated" } as const;

export function transferRoutes(app: Hono<ConsoleEnvironment>, deps: GatewayDeps): void {
  const { transfers, negotiations, metering } = deps;
  app.get("/console/transfers", async (c) => {
    const state = transferStates.find((one) => one === c.req.query("state"));
    const { items, next } = await transfers.list({ limit: PAGE, state, cursor: c.req.query("cursor") });
    const latest = (await transfers.list({ limit: LATEST })).items;
    const running = latest.filter((transfer) => transfer.state === "STARTED").length;
    return page(c, <TransfersPage view={c.get("view")} items={items} state={state} next={next} running={running} />);
  });

  app.get("/console/transfers/:id", async (c) => {
    const view = c.get("view");
    const found = await transfers.get(c.req.param("id"));
    if (!found.ok) return refused(c, found.error);
    const transfer = found.value;
    const [agreement, totals, receipts] = await Promise.all([
      negotiations.agreement(transfer.agreementId),
      metering.totals(transfer.agreementId),
      firstReceipts(metering, view, { agreement: transfer.agreementId, limit: RECEIPTS }),
    ]);
    const pids = [transfer.id, transfer.peerPid];
    const own = receipts?.filter(({ core }) => pids.includes(core.transferId));
    const model = {
      ...{ transfer, totals },
      agreement: agreement.ok ? agreement.value : undefined,
      receipts: own?.slice(-SHOWN_RECEIPTS) ?? null,
      done: doneText(view, c.req.query("done")),
    };
    return page(c, <TransferPage view={view} model={model} />);
  });

  for (const [control, done] of Object.entries(CONTROLS)) {
    app.post(`/console/transfers/:id/${control}`, async (c) => {
      const { id } = c.req.param();
      const form = await readForm(c);
      const act = transfers[control as keyof typeof CONTROLS];
      const moved = await act(c.get("view").principal, id, form.text("comment"));
      if (!moved.ok) return refused(c, moved.error);
      return c.redirect(`/console/transfers/${encodeURIComponent(id)}?done=${done}`, 303);
    });
  }

  app.get("/console/transfers/:id/content", async (c) => {
    const { id } = c.req.param();
    if (!holds(c.get("view"), "requester")) return refuseConsole(c, "REQUESTER_ONLY");
    const [transfer, found] = [await transfers.get(id), await transfers.content(id)];
    if (!transfer.ok) return refused(c, transfer.error);
    if (!found.ok) return refused(c, found.error);
    // Only tables are counted in rows; what they arrive as is CSV.
    const extension = transfer.value.rows === "0" ? "bin" : "csv";
    const name = `${transfer.value.entry.id}-${id.slice(-12)}`.replace(/[^A-Za-z0-9-]/g, "-");
    const { path, bytes } = found.value;
    const stream = bytes === 0 ? new Blob([]).stream() : (Readable.toWeb(createReadStream(path)) as ReadableStream);
    return c.body(stream, 200, {
      "content-type": "application/octet-stream",
      "content-length": String(bytes),
      "content-disposition": `attachment; filename="${name}.${extension}"`,
    });
  });
}
