import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { mustSucceed, ok, type Result, refusals } from "../kernel/exchange-error.ts";
import { protocol } from "./protocol.ts";
import type { RpcServices } from "./services.ts";
import { connectRegion, makeRegion, StaticTrust, serveRegion, type TestRegion } from "./testing/federation.ts";

let chengdu: TestRegion;
let chongqing: TestRegion;
beforeAll(async () => {
  [chengdu, chongqing] = await Promise.all([makeRegion("510100"), makeRegion("500000")]);
});

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Chongqing's link to Chengdu, for calls that no client of ours makes. */
async function connect(services: Partial<RpcServices>) {
  const serverTrust = new StaticTrust("510100", []);
  const running = await serveRegion(chengdu, serverTrust, services);
  const regions = [chengdu.entry(running.endpoint), chongqing.entry("127.0.0.1:1")];
  serverTrust.set(regions, "1");
  const clients = connectRegion(chongqing, new StaticTrust("500000", regions));
  open.push(running.stop, clients.close);
  return { link: mustSucceed(clients.link("510100")), running };
}

const { Settlement, Audit } = protocol();
const message = { messageId: "01", kind: "Declare", lane: "a", traceId: "", body: Buffer.from("null") };

describe("a refusal that repeats what a peer wrote", () => {
  it("reaches it although a character was cut in half", async () => {
    const { link } = await connect({ outbox: { receive: async () => ok(null) } });
    const kind = `${"a".repeat(39)}😀`;
    expect(await link.unary(Settlement.Declare, { ...message, kind })).toMatchObject({
      error: { code: "MESSAGE_KIND" },
    });
    expect(await link.unary(Settlement.Declare, message)).toMatchObject({ ok: true });
  });

  it.each([1_000, 100_000, 4_000_000])("reaches it by its code when the text is %i characters long", async (length) => {
    const refuse = refusals({ AUDIT_NOT_PARTY: "forbidden" });
    const { link } = await connect({
      audit: {
        ...({} as RpcServices["audit"]),
        proofForPeer: async (_peer, index): Promise<Result<string>> =>
          refuse("AUDIT_NOT_PARTY", { zh: `第 ${index} 条`, en: `leaf ${index}` }, { index }),
      },
    });
    const request = { messageId: "01", index: "9".repeat(length) };
    expect(await link.unary(Audit.Proof, request)).toMatchObject({ error: { code: "AUDIT_NOT_PARTY" } });
    expect(await link.unary(Audit.Proof, { ...request, index: "7" })).toMatchObject({
      error: { code: "AUDIT_NOT_PARTY", details: { index: "7" } },
    });
  });
});
