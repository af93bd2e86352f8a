import type { Hono } from "hono";
import type { Failure } from "../../../node/kernel/exchange-error.ts";
import type { Agreement } from "../../../node/negotiation/model.ts";
import { outcomes, raiseSchema } from "../../../node/objections/model.ts";
import { PROBLEM } from "../../api/problem.ts";
import type { GatewayDeps } from "../../deps.ts";
import { type Form, missing, readForm } from "../form.ts";
import { objectionActions } from "../objection-actions.ts";
import { ObjectionPage } from "../pages/objection.tsx";
import { ObjectionFormPage } from "../pages/objection-form.tsx";
import { ObjectionsPage } from "../pages/objections.tsx";
import { page } from "../parts/document.tsx";
import { refused } from "../refusal.tsx";
import { type ConsoleContext, type ConsoleEnvironment, doneText } from "../view.ts";

const PAGE = 30;
const ALL = 100;
const EVENTS = ["accept", "refuse", "verify", "approve", "return", "confirm", "reopen", "withdraw"] as const;

export function objectionRoutes(app: Hono<ConsoleEnvironment>, deps: GatewayDeps): void {
  const { objections } = deps;
  app.get("/console/objections", async (c) => {
    const view = c.get("view");
    const agreement = c.req.query("agreement");
    const [found, waiting] = await Promise.all([
      objections.list({ agreement, limit: PAGE, cursor: c.req.query("cursor") }),
      objections.waiting(view.principal),
    ]);
    return page(c, <ObjectionsPage view={view} model={{ ...found, waiting: waiting.length, agreement }} />);
  });

  app.get("/console/objections/new", (c) => formPage(c, deps));
  app.post("/console/objections", async (c) => {
    const form = await readForm(c);
    const asked = raiseSchema.safeParse(raisedIn(form));
    if (!asked.success) return formPage(c, deps, form, incomplete().error);
    const raised = await objections.raise(c.get("view").principal, asked.data);
    if (!raised.ok) return formPage(c, deps, form, raised.error);
    return c.redirect(`/console/objections/${encodeURIComponent(raised.value.id)}?done=objected`, 303);
  });

  app.get("/console/objections/:id", (c) => objectionPage(c, deps));
  for (const event of EVENTS) {
    app.post(`/console/objections/:id/${event}`, async (c) => {
      const { id } = c.req.param();
      const form = await readForm(c);
      const outcome = outcomes.find((one) => one === form.text("outcome"));
      const comment = form.text("comment") ?? null;
      const act = { event, comment, outcome, revision: form.revision() };
      const moved = await objections.act(c.get("view").principal, id, act);
      if (!moved.ok) return refused(c, moved.error);
      return c.redirect(`/console/objections/${encodeURIComponent(id)}?done=objectionMoved`, 303);
    });
  }
}

async function objectionPage(c: ConsoleContext, { objections, transfers }: GatewayDeps) {
  const view = c.get("view");
  const found = await objections.get(c.req.param("id") ?? "");
  if (!found.ok) return refused(c, found.error);
  const objection = found.value;
  const { about, agreementId } = objection;
  // Receipts name a transfer as the provider does; here it is known by its own number.
  const own = about.kind === "transfer" ? (await transfers.list({ agreement: agreementId, limit: ALL })).items : [];
  const transfer = own.find(
    ({ id, peerPid }) => about.kind === "transfer" && (id === about.transferId || peerPid === about.transferId),
  );
  const model = {
    ...{ objection, transfer },
    actions: objectionActions(objection, view.principal),
    done: doneText(view, c.req.query("done")),
  };
  return page(c, <ObjectionPage view={view} model={model} />);
}

/** Where a form was refused it comes back as it was written. */
async function formPage(c: ConsoleContext, deps: GatewayDeps, form?: Form, error?: Failure["error"]) {
  const agreements = await consumed(deps, c.req.query("entry"));
  const wanted = form?.text("agreement") ?? c.req.query("agreement");
  const agreement = agreements.find(({ id }) => id === wanted) ?? agreements[0];
  const transfers =
    agreement === undefined ? [] : (await deps.transfers.list({ agreement: agreement.id, limit: ALL })).items;
  const model = {
    ...{ agreements, agreement, transfers, error },
    transfer: c.req.query("transfer"),
    receipt: c.req.query("receipt"),
    written: (name: string) => form?.text(name),
  };
  const status = error === undefined ? 200 : PROBLEM[error.kind].status;
  return page(c, <ObjectionFormPage view={c.get("view")} model={model} />, status);
}

/** Objections are raised by who uses the data. `entry`: `region/id`. */
async function consumed({ negotiations }: GatewayDeps, entry: string | undefined): Promise<Agreement[]> {
  const found: Agreement[] = [];
  let cursor: string | undefined;
  do {
    const { items, next } = await negotiations.agreements({ limit: ALL, cursor });
    found.push(...items.filter(({ role }) => role === "consumer"));
    cursor = next ?? undefined;
  } while (cursor !== undefined);
  if (entry === undefined) return found;
  return found.filter(({ entry: { region, id } }) => `${region}/${id}` === entry);
}

function raisedIn(form: Form) {
  const kind = form.text("about");
  const about =
    kind === "transfer"
      ? { kind, transferId: form.text("transfer") }
      : kind === "receipts"
        ? { kind, from: form.text("from"), to: form.text("to") ?? form.text("from") }
        : { kind };
  return { type: form.text("type"), agreementId: form.text("agreement"), about, text: form.text("text") };
}

function incomplete() {
  return missing({
    zh: "请选择性质与所针对的数据(凭据写序号,从 1 起),并说明问题;没有提出,请补全。",
    en: "Choose the kind and the data (receipts by number, from 1) and say what is wrong; nothing was raised.",
  });
}
