import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { addCheckpoint, type WitnessDeps } from "../../node/audit/witness.ts";

const MAX_BODY_BYTES = 1_048_576;

/** An independent witness over HTTP: the C2SP tlog-witness call and nothing else. */
export function createWitnessApp(deps: WitnessDeps): Hono {
  const app = new Hono();
  const limit = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: (c) => c.text("too large\n", 400) });
  app.post("/add-checkpoint", limit, async (c) => {
    const { status, body } = await addCheckpoint(deps, await c.req.text());
    const type = status === 409 ? "text/x.tlog.size" : "text/plain; charset=utf-8";
    return c.body(body, status as 200, { "content-type": type });
  });
  app.get("/", (c) => c.text(`${deps.witnessSigner.vkey}\n`));
  app.get("/healthz", (c) => c.text("ok\n"));
  return app;
}
