import { Writable } from "node:stream";
import { Hono } from "hono";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGateway } from "../../gateway/app.ts";
import type { Role } from "../../node/identity/model.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { createLogger } from "../../node/logging.ts";
import type { Negotiation } from "../../node/negotiation/model.ts";
import { type Harness, startRegions, until } from "./harness.ts";
import { AUTHORISATIONS, bindSources, chengduEntry, completed, PRODUCT, startTransfer, TABLE } from "./trade.ts";

const CHENGDU = "510100";
const CHONGQING = "500000";
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const TRACE_PARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

type Line = {
  readonly msg: string;
  readonly level: string;
  readonly traceId?: string;
  readonly [field: string]: unknown;
};

let harness: Harness;
let logs: Map<string, Line[]>;

function loggerOf(region: string) {
  const lines: Line[] = [];
  logs.set(region, lines);
  const stream = new Writable({
    write(chunk, _encoding, done) {
      for (const line of String(chunk).trim().split("\n")) lines.push(JSON.parse(line));
      done();
    },
  });
  return createLogger("info", { region }, stream);
}

const traced = (region: string) => (logs.get(region) ?? []).filter(({ traceId }) => traceId === TRACE);

beforeEach(async () => {
  logs = new Map();
  harness = await startRegions({
    regions: [CHENGDU, CHONGQING],
    settings: { catalog: { authorisations: AUTHORISATIONS } },
    logger: loggerOf,
  });
  const chengdu = harness.region(CHENGDU);
  await chengdu.publish([chengduEntry("cd-scjg-0001"), chengduEntry(TABLE), chengduEntry(PRODUCT)]);
  await bindSources(chengdu, 50);
  await until(async () => (await harness.region(CHONGQING).node().federation.entry(CHENGDU, TABLE)).ok);
});
afterEach(() => harness.stop());

/** Chongqing's HTTP face, and who signs in there. */
async function apiOf(region: string, role: Role) {
  const node = harness.region(region).node();
  const gateway = createGateway(node, new Hono());
  const administrator = harness.region(region).as("admin");
  const user = mustSucceed(await node.identity.users.add(administrator, { name: role, roles: [role] }));
  const { token } = mustSucceed(await node.identity.tokens.create(administrator, user.id, { name: "test" }));
  return (path: string, init: RequestInit = {}) =>
    gateway.request(path, {
      ...init,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...init.headers },
    });
}

describe("one request's trace", () => {
  it("is in the answer and in both regions' logs, from the request to the last message it led to", async () => {
    const api = await apiOf(CHONGQING, "requester");
    const body = { region: CHENGDU, entryId: TABLE, purposes: ["public-governance"], comment: "试点" };
    const answer = await api("/api/v1/negotiations", {
      method: "POST",
      headers: { traceparent: TRACE_PARENT },
      body: JSON.stringify(body),
    });
    expect(answer.headers.get("x-trace-id")).toBe(TRACE);
    const { id } = (await answer.json()) as Negotiation;
    const node = harness.region(CHONGQING).node();
    const requester = harness.region(CHONGQING).as("requester");
    await until(async () => mustSucceed(await node.negotiations.get(requester, id)).state === "FINALIZED");
    await Promise.all([CHENGDU, CHONGQING].map((region) => harness.region(region).node().outbox.idle()));

    const told = traced(CHONGQING).map(({ msg }) => msg);
    expect(told).toEqual(
      expect.arrayContaining(["request", "a message was delivered", "a peer's message was received"]),
    );
    const states = traced(CHENGDU).filter(({ msg }) => msg === "a negotiation moved");
    expect(states.at(-1)).toMatchObject({ level: "info", peer: CHONGQING, state: "FINALIZED" });

    // What the request merely woke is not its own: a later transfer has another trace, the same at both ends.
    const before = [CHENGDU, CHONGQING].map((region) => traced(region).length);
    const side = { region: harness.region(CHONGQING), node: () => node };
    const { agreementId } = mustSucceed(await node.negotiations.get(requester, id));
    const agreement = mustSucceed(await node.negotiations.agreement(agreementId ?? ""));
    await completed(side, await startTransfer(side, agreement));
    await node.outbox.idle();
    expect([CHENGDU, CHONGQING].map((region) => traced(region).length)).toEqual(before);
  }, 20_000);
});

describe("/metrics", () => {
  it("tells how the node does", async () => {
    const api = await apiOf(CHONGQING, "requester");
    await api("/api/v1/nothing-here");
    await api("/api/v1/search?q=%E7%94%B5%E6%A2%AF");
    // Each has a checkpoint then, and has been asked by the other to cosign one.
    for (const region of [CHENGDU, CHONGQING]) await harness.region(region).node().audit.sequenceNow();
    const text = await (await api("/metrics")).text();
    const value = (name: string, ...labels: readonly string[]) => {
      const line = text
        .split("\n")
        .find((one) => one.startsWith(`heliu_${name}`) && labels.every((l) => one.includes(l)));
      return Number(line?.split(" ").at(-1));
    };
    expect(value("http_request_seconds_count", 'route="/api/v1/search"', 'status="200"')).toBe(1);
    expect(value("mirror_live", 'peer="510100"')).toBe(1);
    expect(value("outbox_pending", 'peer="510100"')).toBe(0);
    expect(value("store_commit_seconds_count")).toBeGreaterThan(0);
    expect(value("leaf_left_seconds")).toBeGreaterThan(23 * 3_600);
    expect(value("trust_list_version")).toBe(1);
    for (const name of ["audit_leaves_waiting", "receipts", "rpc_server_seconds_count"]) {
      expect(value(name)).toBeGreaterThanOrEqual(0);
    }
    expect(text).not.toContain("nothing-here");
  });
});
