import { Readable } from "node:stream";
import { z } from "@hono/zod-openapi";
import { ok } from "../../node/kernel/exchange-error.ts";
import type { GatewayDeps } from "../deps.ts";
import { type Api, route } from "./route.ts";

export function backupRoutes(api: Api, { backup }: GatewayDeps): void {
  route(
    api,
    {
      method: "get",
      path: "/api/v1/backup/store",
      tag: "backup",
      summary:
        "Every record of one moment while the node serves, for `heliu backup`; no keys: those are in the folder only",
      access: ["admin"],
      answer: z.unknown(),
    },
    async () => {
      const records = await backup.records("admin");
      if (!records.ok) return records;
      const stream = Readable.toWeb(Readable.from(records.value)) as unknown as ReadableStream<Uint8Array>;
      return ok(new Response(stream, { headers: { "content-type": "application/octet-stream" } }));
    },
  );
}
