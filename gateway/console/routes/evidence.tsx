import type { Hono } from "hono";
import { MAX_SAMPLE } from "../../../node/audit/sample.ts";
import type { Role } from "../../../node/identity/model.ts";
import { PROBLEM } from "../../api/problem.ts";
import type { GatewayDeps } from "../../deps.ts";
import { CasePage } from "../pages/case.tsx";
import { SamplePage } from "../pages/sample.tsx";
import { page } from "../parts/document.tsx";
import { refuseConsole, refused } from "../refusal.tsx";
import { type ConsoleContext, type ConsoleEnvironment, doneText, holds } from "../view.ts";

/** As in the API. */
const READS_CASE: readonly Role[] = ["auditor", "finance", "approver", "admin"];
const USUAL_SAMPLE = 20;
const PERIOD = /^[0-9]{4}-(0[1-9]|1[0-2])$/;

/** What an auditor takes away and checks without this node. */
export function evidenceRoutes(app: Hono<ConsoleEnvironment>, deps: GatewayDeps): void {
  const { audit, evidence, negotiations } = deps;
  app.use("/console/cases/*", async (c, next) =>
    holds(c.get("view"), ...READS_CASE) ? next() : refuseConsole(c, "AUDITOR_ONLY"),
  );
  app.get("/console/cases/:id", (c) => casePage(c, deps));

  app.post("/console/cases/:id/head", async (c) => {
    const { id } = c.req.param();
    const found = await negotiations.agreement(id);
    if (!found.ok) return refused(c, found.error);
    const fixed = await audit.fixAgreement(id, c.get("view").principal.roles[0] ?? "node");
    if (!fixed.ok) return refused(c, fixed.error);
    // Covered at once, so that the page that follows has something to prove.
    await audit.sequenceNow();
    return c.redirect(`/console/cases/${encodeURIComponent(id)}?done=fixed`, 303);
  });

  app.get("/console/cases/:id/bundle", async (c) => {
    const { id } = c.req.param();
    const asked = c.req.query("period") ?? "";
    const periodId = PERIOD.test(asked) ? asked : undefined;
    const bundle = await evidence.bundle({ agreementId: id, periodId });
    if (!bundle.ok) return refused(c, bundle.error);
    const name = `evidence-${id}${periodId === undefined ? "" : `-${periodId}`}`.replace(/[^A-Za-z0-9-]/g, "-");
    // The very bytes: the canonical form is part of what is checked.
    return c.body(bundle.value, 200, jsonFile(name));
  });
  sampleRoutes(app, deps);
}

async function casePage(c: ConsoleContext, { audit, negotiations, settlements }: GatewayDeps) {
  const id = c.req.param("id") ?? "";
  const agreement = await negotiations.agreement(id);
  if (!agreement.ok) return refused(c, agreement.error);
  const log = await audit.agreementLog({ agreementId: id });
  const last = log.ok ? log.value.entries.at(-1)?.index : undefined;
  const newer = last === undefined ? undefined : await audit.leaves({ agreementId: id, after: last, limit: 1 });
  const periods = agreement.value.terms.price === null ? [] : await settlements.periods();
  const model = {
    ...{ agreement: agreement.value, log, periods },
    isNewer: newer !== undefined && newer.items.length > 0,
    done: doneText(c.get("view"), c.req.query("done")),
  };
  return page(c, <CasePage view={c.get("view")} model={model} />);
}

function sampleRoutes(app: Hono<ConsoleEnvironment>, { audit }: GatewayDeps): void {
  app.use("/console/sample/*", async (c, next) =>
    holds(c.get("view"), "auditor") ? next() : refuseConsole(c, "SAMPLE_ONLY"),
  );
  app.get("/console/sample", async (c) => {
    const asked = sampleAsked(c);
    const drawn = c.req.query("n") === undefined ? undefined : await audit.sample(asked);
    const sample = drawn?.ok === true ? drawn.value : undefined;
    const error = drawn?.ok === false ? drawn.error : undefined;
    const status = error === undefined ? 200 : PROBLEM[error.kind].status;
    return page(c, <SamplePage view={c.get("view")} model={{ ...asked, sample, error }} />, status);
  });
  app.get("/console/sample/file", async (c) => {
    const drawn = await audit.sample(sampleAsked(c));
    if (!drawn.ok) return refused(c, drawn.error);
    return c.body(JSON.stringify(drawn.value, null, 2), 200, jsonFile("audit-sample"));
  });
}

function sampleAsked(c: ConsoleContext): { n: number; salt: string } {
  const n = Number(c.req.query("n") ?? USUAL_SAMPLE);
  const salt = (c.req.query("salt") ?? "").replace(/\s+/g, " ").trim().slice(0, 200);
  return { n: Number.isInteger(n) && n >= 1 ? Math.min(n, MAX_SAMPLE) : USUAL_SAMPLE, salt };
}

function jsonFile(name: string) {
  return { "content-type": "application/json", "content-disposition": `attachment; filename="${name}.json"` };
}
