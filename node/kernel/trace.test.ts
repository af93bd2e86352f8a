import { describe, expect, it } from "vitest";
import { systemRuntime } from "./runtime.ts";
import { systemScheduler } from "./scheduler.ts";
import { currentTraceId, newTraceId, outsideTrace, traceIdOfParent, traceParentOf, withTraceId } from "./trace.ts";

const ID = "4bf92f3577b34da6a3ce929d0e0e4736";

describe("a trace scope", () => {
  it("gives its id to everything that is awaited in it, and to nothing beside it", async () => {
    const inside = withTraceId(ID, async () => {
      await Promise.resolve();
      return newTraceId(systemRuntime);
    });
    expect(newTraceId(systemRuntime)).not.toBe(ID);
    expect(await inside).toBe(ID);
  });

  it("ends where a worker is woken or a timer runs", async () => {
    const seen = await withTraceId(ID, () => {
      const timer = new Promise((resolve) => {
        systemScheduler.after(0, () => resolve(currentTraceId()));
      });
      return Promise.all([outsideTrace(async () => currentTraceId()), timer]);
    });
    expect(seen).toEqual([undefined, undefined]);
  });
});

describe("a traceparent header", () => {
  it("is read as it is written", () => {
    expect(traceIdOfParent(traceParentOf(ID, systemRuntime))).toBe(ID);
  });

  it.each([
    undefined,
    "",
    ID,
    `00-${"0".repeat(32)}-00f067aa0ba902b7-01`,
    `00-${ID.toUpperCase()}-00f067aa0ba902b7-01`,
    `00-${ID}-00f067aa0ba902b7-01\n{"level":"error"}`,
  ])("that is none names no trace: %j", (header) => {
    expect(traceIdOfParent(header)).toBeUndefined();
  });
});
