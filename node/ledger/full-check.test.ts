import { expect, it } from "vitest";
import { mustSucceed, ok } from "../kernel/exchange-error.ts";
import { silentLogger } from "../kernel/logger.ts";
import { openMemoryStore } from "../storage/memory.ts";
import { transact } from "../storage/transact.ts";
import { createFullCheck } from "./full-check.ts";
import { createLedger } from "./service.ts";
import { accounts } from "./store.ts";

const AT = "2026-10-31T00:00:00.000Z";

it("checks everything in the background, once at a time, and keeps what it found", async () => {
  const store = openMemoryStore();
  const ledger = createLedger({ store });
  let checks = 0;
  const counted: typeof ledger.check = (...told) => {
    checks++;
    return ledger.check(...told);
  };
  const full = createFullCheck({
    ledger: { check: counted },
    runtime: { nowMs: () => Date.parse(AT) },
    logger: silentLogger,
  });
  const ended = async () => {
    while (full.state()?.endedAt === null) await new Promise((resolve) => setImmediate(resolve));
    return full.state();
  };
  const account = (party: string) => ({ op: "ensure", account: `${party}/payable/CNY`, normal: "none" }) as const;
  const sides = { debit: "a/payable/CNY", credit: "b/payable/CNY" };
  const post = { op: "post", key: "k", id: "t", ...sides, amount: "5", periodId: "2026-10", at: AT } as const;
  mustSucceed(await ledger.post([account("a"), account("b"), post]));
  expect(full.state()).toBeNull();
  expect(full.begin()).toBe(full.begin());
  expect(checks).toBe(1);
  expect(await ended()).toMatchObject({ done: 2, total: 2, error: null, result: { transfers: 1, entries: 1 } });
  const ref = accounts.at("a/payable/CNY");
  await transact(store, [ref], (tx) => {
    const before = tx.get(ref);
    return ok(before && tx.put(ref, { ...before, debitsPosted: "6" }));
  });
  full.begin();
  expect(await ended()).toMatchObject({ result: null, error: { code: "LEDGER_UNBALANCED" } });
});
