import type { Hono } from "hono";
import type { GatewayDeps } from "../../deps.ts";
import { NettingPage } from "../pages/netting.tsx";
import { page } from "../parts/document.tsx";
import { refused } from "../refusal.tsx";
import { type ConsoleEnvironment, doneText } from "../view.ts";

const PATH = "/console/settlements/:period/net";

export function nettingRoutes(app: Hono<ConsoleEnvironment>, { payments, settlements }: GatewayDeps): void {
  app.get(PATH, async (c) => {
    const view = c.get("view");
    const { period } = c.req.param();
    const found = await settlements.get(period);
    if (!found.ok) return refused(c, found.error);
    const plans = await payments.plans(period);
    const waiting = await payments.waiting(view.principal);
    const names = new Map(found.value.settlements.map(({ agreementId, entryName }) => [agreementId, entryName]));
    const model = {
      period,
      plans: plans.ok ? plans.value.items : [],
      // Who asked is left out of what waits for a second person.
      mayApprove: waiting.some(
        ({ periodId, reason }) => periodId === period && reason.code === "NETTING_WAITS_FOR_APPROVAL",
      ),
      entryName: (agreementId: string) => names.get(agreementId) ?? agreementId,
      done: doneText(view, c.req.query("done")),
    };
    return page(c, <NettingPage view={view} model={model} />);
  });

  app.post(PATH, async (c) => {
    const { period } = c.req.param();
    const asked = await payments.net(c.get("view").principal, period);
    return asked.ok ? c.redirect(`/console/settlements/${period}/net?done=netted`, 303) : refused(c, asked.error);
  });

  app.post(`${PATH}/approve`, async (c) => {
    const { period } = c.req.param();
    const approved = await payments.approveNet(c.get("view").principal, period);
    if (!approved.ok) return refused(c, approved.error);
    return c.redirect(`/console/settlements/${period}/net?done=netApproved`, 303);
  });
}
