import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AuditEvent } from "../../node/audit/model.ts";
import { appendLeaf, appendLeafRefs } from "../../node/audit/store.ts";
import { createEvents, type EventItem } from "../../node/events/service.ts";
import { mustSucceed, ok } from "../../node/kernel/exchange-error.ts";
import { systemScheduler } from "../../node/kernel/scheduler.ts";
import { openLevelStore } from "../../node/storage/level.ts";
import type { Store } from "../../node/storage/port.ts";
import { transact } from "../../node/storage/transact.ts";
import { startOneNode } from "./one-node.ts";

let dir: string;
let store: Store;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "heliu-events-"));
  store = await openLevelStore(join(dir, "store"));
});
afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

const LOG = "main/510100/log";
const eventsNow = () => createEvents({ store, scheduler: systemScheduler, origin: LOG });
const KINDS = ["receipt.batch", "catalog.published", "identity.changed", "agreement.head"] as const;

async function append(count: number, agreementId?: string): Promise<void> {
  for (let i = 0; i < count; i++) {
    const about = agreementId === undefined ? {} : { agreementId };
    const event: AuditEvent = {
      ...{ kind: KINDS[i % KINDS.length] ?? "receipt.batch", atMs: 0, subject: `s${i}`, actor: "node", digest: "" },
      ...about,
    };
    mustSucceed(await transact(store, appendLeafRefs(about), (tx) => ok(appendLeaf(tx, "510100", event))));
  }
}

async function restart(): Promise<void> {
  await store.close();
  store = await openLevelStore(join(dir, "store"));
}

/** Reads on from `after` until there is nothing more; the node is restarted before every page. */
async function follow(limit: number, after: string | null, between: () => Promise<void>) {
  const seen: EventItem[] = [];
  let at = after;
  for (;;) {
    await between();
    const page = mustSucceed(
      await eventsNow().read(["auditor"], { limit, ...(at === null ? {} : { after: at, log: LOG }) }),
    );
    seen.push(...page.items);
    if (page.after === at) return { seen, after: at };
    at = page.after;
  }
}

describe("the feed of events", () => {
  it.each([1, 2, 3, 7, 50, 200])(
    "brings each event once and in order, %i at a time, with restarts and writes between",
    async (limit) => {
      await append(25);
      let writes = 3;
      const { seen, after } = await follow(limit, null, async () => {
        await restart();
        if (writes-- > 0) await append(5);
      });
      expect(seen.map(({ index }) => Number(index))).toEqual(seen.map((_, i) => i));
      expect(seen.length).toBeGreaterThanOrEqual(30);
      await append(4);
      const more = await follow(limit, after, restart);
      expect([...seen, ...more.seen].map(({ index }) => Number(index))).toEqual(
        Array.from({ length: seen.length + 4 }, (_, i) => i),
      );
    },
  );

  it("shows each role its own kinds, and leads past the others", async () => {
    await append(40);
    const page = mustSucceed(await eventsNow().read(["publisher"], { limit: 10 }));
    expect(new Set(page.items.map(({ leaf }) => leaf.kind))).toEqual(new Set(["catalog.published"]));
    expect(page.after).toBe("9");
    const none = mustSucceed(await eventsNow().read(["publisher"], { limit: 10, kind: "identity.changed" }));
    expect(none.items).toEqual([]);
    const finance = mustSucceed(await eventsNow().read(["finance"], { limit: 200 }));
    expect(new Set(finance.items.map(({ leaf }) => leaf.kind))).toEqual(new Set(["receipt.batch", "agreement.head"]));
  });

  it("waits for the next event, and no longer than it was asked to", async () => {
    await append(3);
    const waiting = eventsNow().read(["auditor"], { limit: 10, after: "2", waitMs: 30_000 });
    await append(1);
    expect(mustSucceed(await waiting).items.map(({ index }) => index)).toEqual(["3"]);
    expect(mustSucceed(await eventsNow().read(["auditor"], { limit: 10, after: "3", waitMs: 20 })).items).toEqual([]);
  });

  it("says so when the numbers are of another log, or of a future that this disk does not have", async () => {
    await append(3);
    const other = { limit: 10, after: "1", log: `${LOG}-2` };
    expect(await eventsNow().read(["auditor"], other)).toMatchObject({ error: { code: "EVENTS_LOG_CHANGED" } });
    expect(await eventsNow().read(["auditor"], { limit: 10, after: "3" })).toMatchObject({
      error: { code: "EVENTS_AHEAD" },
    });
  });

  it("is served over HTTP with its log's name", async () => {
    const one = await startOneNode();
    const headers = { authorization: `Bearer ${one.tokens.auditor}` };
    const answer = await one.request("/api/v1/events?limit=2", { headers });
    const { log, items, after } = (await answer.json()) as { log: string; items: EventItem[]; after: string };
    expect([log, items.length, after]).toEqual([LOG, 2, "1"]);
    expect((await one.request(`/api/v1/events?after=${after}&log=${log}`, { headers })).status).toBe(200);
    expect((await one.request("/api/v1/events?after=1&log=x", { headers })).status).toBe(409);
    // A misspelt filter would wait for ever for what there is not.
    expect((await one.request("/api/v1/events?kind=reciept.batch", { headers })).status).toBe(400);
    await one.stop();
  });
});
