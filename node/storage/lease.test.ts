import { expect, it } from "vitest";
import { ok } from "../kernel/exchange-error.ts";
import { type Runtime, systemRuntime } from "../kernel/runtime.ts";
import type { Scheduler } from "../kernel/scheduler.ts";
import { holdsLease, leaseRef, releaseLease, takeLease, withLease } from "./lease.ts";
import { openMemoryStore } from "./memory.ts";
import { transact } from "./transact.ts";

it("gives a lease to one of many who ask, and to the next when it is over or given back", async () => {
  const store = openMemoryStore();
  const asked = await Promise.all(["a", "b", "c"].map((owner) => takeLease(store, "ledger", owner, 1_000, 100)));
  expect(new Set(asked.map(({ owner }) => owner)).size).toBe(1);
  expect((await takeLease(store, "ledger", "b", 1_099, 100)).owner).toBe("a");
  expect(await takeLease(store, "ledger", "b", 1_100, 100)).toEqual({ owner: "b", until: 1_200 });
  await releaseLease(store, "ledger", "a");
  expect((await takeLease(store, "ledger", "a", 1_101, 100)).owner).toBe("b");
  await releaseLease(store, "ledger", "b");
  expect((await takeLease(store, "ledger", "a", 1_102, 100)).owner).toBe("a");
});

it("tells a commit whether its owner still holds the lease", async () => {
  const store = openMemoryStore();
  await takeLease(store, "ledger", "a", 1_000, 100);
  const holds = (owner: string, nowMs: number) =>
    transact(store, [leaseRef("ledger")], (tx) => ok(holdsLease(tx, "ledger", owner, nowMs)));
  expect([await holds("a", 1_099), await holds("a", 1_100), await holds("b", 1_050)]).toEqual([
    ok(true),
    ok(false),
    ok(false),
  ]);
});

it("prolongs a lease while the work goes on, keeps others out, and gives it back", async () => {
  const store = openMemoryStore();
  let nowMs = 0;
  let beat = () => {};
  const runtime: Runtime = { ...systemRuntime, nowMs: () => nowMs };
  const scheduler: Scheduler = {
    after(_ms, run) {
      beat = run;
      return () => {};
    },
  };
  const deps = { store, runtime, scheduler, owner: "a" };
  const inside = await withLease(
    deps,
    "2026-10",
    async (isHeld) => {
      nowMs = 60;
      beat();
      await new Promise((resolve) => setImmediate(resolve));
      nowMs = 120;
      const other = await withLease({ ...deps, owner: "b" }, "2026-10", async () => "b", 100);
      return [isHeld(), other];
    },
    100,
  );
  expect(inside).toEqual({ value: [true, undefined] });
  expect(await withLease({ ...deps, owner: "b" }, "2026-10", async () => "b")).toEqual({ value: "b" });
});
