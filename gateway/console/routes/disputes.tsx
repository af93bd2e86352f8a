import type { Hono } from "hono";
import { sha256Hex } from "../../../node/kernel/digest.ts";
import type { DisputeOutcome } from "../../../node/settlement/dispute.ts";
import type { PlacedReceipt } from "../../../node/settlement/insight/read-equation.ts";
import type { StatementView } from "../../../node/settlement/period-view.ts";
import type { GatewayDeps } from "../../deps.ts";
import { missing, readForm } from "../form.ts";
import { DisputePage } from "../pages/dispute.tsx";
import { DisputeConfirmPage, DisputeFormPage, type Evidence } from "../pages/dispute-form.tsx";
import { DisputesPage } from "../pages/disputes.tsx";
import { page } from "../parts/document.tsx";
import { refused } from "../refusal.tsx";
import { disputePath } from "../statement-paths.ts";
import { type ConsoleContext, type ConsoleEnvironment, doneText, messagesIn } from "../view.ts";

const OUTCOMES: readonly DisputeOutcome[] = ["upheld", "rejected", "withdrawn"];
const SHOWN_RECEIPTS = 100;
const OFFERED_RECEIPTS = 500;
const MOST_EVIDENCE = 20;

export function disputeRoutes(app: Hono<ConsoleEnvironment>, deps: GatewayDeps): void {
  const { settlements } = deps;
  app.get("/console/settlements/disputes", (c) => disputesPage(c, deps));
  app.get("/console/settlements/:period/disputes/:id", (c) => disputePage(c, deps));

  app.post("/console/settlements/:period/disputes/:id/resolve", async (c) => {
    const { period, id } = c.req.param();
    const form = await readForm(c);
    const outcome = OUTCOMES.find((one) => one === form.text("outcome"));
    const found = await settlements.dispute(period, id);
    if (!found.ok) return refused(c, found.error);
    if (outcome === undefined) return refused(c, nothingChosen().error);
    const resolved = await settlements.resolveDispute(c.get("view").principal, id, outcome, form.text("comment"));
    if (!resolved.ok) return refused(c, resolved.error);
    return c.redirect(`${disputePath(resolved.value)}?done=disputeResolved`, 303);
  });

  const form = "/console/settlements/:period/:agreement/dispute";
  app.get(form, async (c) => {
    const found = await disputable(c, deps);
    if (!found.ok) return refused(c, found.error);
    const chosen = c.req.queries("receipt") ?? [];
    const model = { ...found.value, chosen, reason: "", fault: undefined };
    return page(c, <DisputeFormPage view={c.get("view")} model={model} />);
  });
  app.post(`${form}/check`, (c) => checkPage(c, deps));

  app.post(form, async (c) => {
    const { period, agreement } = c.req.param();
    const written = await readForm(c);
    const opened = await settlements.openDispute(c.get("view").principal, {
      agreementId: agreement,
      periodId: period,
      receiptIds: written.all("receipt"),
      reason: written.text("reason") ?? "",
      evidence: written.all("evidence").flatMap(evidenceOf),
    });
    if (!opened.ok) return refused(c, opened.error);
    return c.redirect(`${disputePath(opened.value)}?done=disputeOpened`, 303);
  });
}

async function disputesPage(c: ConsoleContext, { settlements, negotiations }: GatewayDeps) {
  const view = c.get("view");
  const period = c.req.query("period");
  const disputes = await settlements.disputes(period);
  const names = new Map<string, string>();
  for (const { agreementId } of disputes) {
    if (names.has(agreementId)) continue;
    const agreement = await negotiations.agreement(agreementId);
    names.set(agreementId, agreement.ok ? agreement.value.entry.name : agreementId);
  }
  const done = doneText(view, c.req.query("done"));
  const model = { disputes, period, entryName: (id: string) => names.get(id) ?? id, done };
  return page(c, <DisputesPage view={view} model={model} />);
}

async function disputePage(c: ConsoleContext, { settlements, negotiations, metering }: GatewayDeps) {
  const view = c.get("view");
  const found = await settlements.dispute(c.req.param("period") ?? "", c.req.param("id") ?? "");
  if (!found.ok) return refused(c, found.error);
  const dispute = found.value;
  const agreement = await negotiations.agreement(dispute.agreementId);
  const shown = dispute.receiptIds.slice(0, SHOWN_RECEIPTS);
  const held = await Promise.all(shown.map((id) => metering.receipt(id)));
  const model = {
    dispute,
    entryName: agreement.ok ? agreement.value.entry.name : dispute.agreementId,
    receipts: held.flatMap((one) => (one.ok ? [one.value] : [])),
    done: doneText(view, c.req.query("done")),
  };
  return page(c, <DisputePage view={view} model={model} />);
}

/** The statement, and its receipts that nobody has settled or disputed yet. */
async function disputable(c: ConsoleContext, { settlements, insight, negotiations }: GatewayDeps) {
  const [period = "", agreementId = ""] = [c.req.param("period"), c.req.param("agreement")];
  const agreement = await negotiations.agreement(agreementId);
  if (!agreement.ok) return agreement;
  const statement = await settlements.statement(agreementId, period);
  // Before the first comparison there is no statement, but there may be receipts to doubt.
  const one: Pick<StatementView, "agreementId" | "periodId" | "entryName" | "matched"> = statement.ok
    ? statement.value
    : { agreementId, periodId: period, entryName: agreement.value.entry.name, matched: false };
  const found = await insight.receipts(period, agreementId, { limit: OFFERED_RECEIPTS });
  if (!found.ok) return found;
  // Of a signed statement what came too late for it is left.
  const receipts = found.value.items.filter(({ bin }) =>
    one.matched ? bin === "late" : bin !== "disputed" && bin !== "unreceipted",
  );
  return { ok: true as const, value: { one, receipts } };
}

async function checkPage(c: ConsoleContext, deps: GatewayDeps) {
  const view = c.get("view");
  const found = await disputable(c, deps);
  if (!found.ok) return refused(c, found.error);
  const form = await readForm(c);
  const chosen = form.all("receipt");
  const reason = form.text("reason") ?? "";
  const receipts: readonly PlacedReceipt[] = found.value.receipts.filter(({ receipt }) =>
    chosen.includes(receipt.core.receiptId),
  );
  if (receipts.length === 0 || reason === "") {
    const fault = view.t.dispute.nothingChosen;
    return page(c, <DisputeFormPage view={view} model={{ ...found.value, chosen, reason, fault }} />, 400);
  }
  const evidence = await evidenceFiles(c);
  return page(c, <DisputeConfirmPage view={view} model={{ ...found.value, receipts, reason, evidence }} />);
}

/** The files stay with the reader: only their names and digests go on. */
async function evidenceFiles(c: ConsoleContext): Promise<Evidence[]> {
  const body = await c.req.parseBody({ all: true });
  const files = [body.evidence ?? []].flat().filter((one): one is File => one instanceof File && one.size > 0);
  return Promise.all(
    files.slice(0, MOST_EVIDENCE).map(async (file) => {
      return { name: file.name.slice(0, 200), sha256: sha256Hex(new Uint8Array(await file.arrayBuffer())) };
    }),
  );
}

function evidenceOf(written: string): Evidence[] {
  const [, sha256 = "", name = ""] = /^([0-9a-f]{64}) (.{1,200})$/s.exec(written) ?? [];
  return sha256 === "" ? [] : [{ name, sha256 }];
}

function nothingChosen() {
  const { zh, en } = messagesIn;
  return missing({ zh: zh.dispute.nothingChosen, en: en.dispute.nothingChosen });
}
