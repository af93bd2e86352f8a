import { z } from "@hono/zod-openapi";
import { ok } from "../../node/kernel/exchange-error.ts";
import type { GatewayDeps } from "../deps.ts";
import { type Api, route } from "./route.ts";

const id = z.object({ id: z.string().regex(/^[0-9]{6}$/) });
const tag = "peers";

export function peerRoutes(api: Api, deps: GatewayDeps): void {
  route(
    api,
    {
      method: "get",
      path: "/api/v1/peers",
      tag,
      summary: "The other regions of the trust list, how fresh their mirrors are, what waits to be delivered",
      access: "any",
      answer: z.object({ items: z.array(z.unknown()), next: z.null() }),
    },
    async () => {
      const freshness = new Map((await deps.federation.freshness()).map((peer) => [peer.region, peer]));
      const waiting = await deps.outbox.pending();
      const findings = await deps.audit.findings();
      const items = deps.trust.peers().map(({ id: region, name, status, endpoints }) => ({
        region,
        name,
        status,
        endpoints,
        freshness: freshness.get(region) ?? null,
        undelivered: waiting.filter((message) => message.peer === region).length,
        /** What this node holds against the region's audit log and what is not mended; empty when all is well. */
        findings: findings.filter((one) => one.region === region && one.mendedAt === null),
      }));
      return ok({ items, next: null });
    },
  );
  route(
    api,
    {
      method: "post",
      path: "/api/v1/peers/{id}/check",
      tag,
      summary: "Walk name → TCP → TLS → identity → version → catalogue, naming the step that fails",
      access: ["admin", "auditor"],
      params: id,
      answer: z.object({ items: z.array(z.unknown()) }),
    },
    async ({ params }) => {
      const steps = await deps.checkPeer(params.id);
      return steps.ok ? ok({ items: steps.value }) : steps;
    },
  );
}
