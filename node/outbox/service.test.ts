import { describe, expect, it } from "vitest";
import { type ExchangeError, err, ok, type Result } from "../kernel/exchange-error.ts";
import { silentLogger } from "../kernel/logger.ts";
import { noMetrics } from "../kernel/metrics.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { Scheduler } from "../kernel/scheduler.ts";
import { createMemoryDisk, openMemoryStore } from "../storage/memory.ts";
import type { Store } from "../storage/port.ts";
import { transact } from "../storage/transact.ts";
import type { Answer, InboundMessage, OutboxMessage, PeerChannel } from "./model.ts";
import { createOutbox, type Outbox } from "./service.ts";
import { enqueue, enqueueRefs, inboxRefs, markReceived, receiveOnce } from "./store.ts";

/** Time that moves only when the test says so. */
function createClock() {
  let nowMs = Date.UTC(2026, 9, 5);
  let timers: { readonly at: number; readonly run: () => void }[] = [];
  const scheduler: Scheduler = {
    after(ms, run) {
      const timer = { at: nowMs + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
  };
  return {
    scheduler,
    runtime: {
      nowMs: () => nowMs,
      randomBytes: (size) => new Uint8Array(size).fill(255),
      failPoint: () => {},
    } as Runtime,
    pass(ms: number) {
      nowMs += ms;
      const due = timers.filter((timer) => timer.at <= nowMs);
      timers = timers.filter((timer) => timer.at > nowMs);
      for (const { run } of due) run();
    },
    waiting: () => timers.length,
  };
}

type Clock = ReturnType<typeof createClock>;
type Deliver = PeerChannel["deliver"];

function message(id: string, lane = "n-1", peer = "510100"): OutboxMessage {
  const createdAt = "2026-10-05T00:00:00.000Z";
  const body = { text: id };
  return {
    id,
    peer,
    binding: "grpc",
    lane,
    topic: "negotiation",
    kind: "Test",
    body,
    createdAt,
    traceId: "0".repeat(32),
  };
}

async function owe(store: Store, ...messages: OutboxMessage[]): Promise<void> {
  const refs = messages.flatMap(({ peer, lane }) => enqueueRefs(peer, lane));
  await transact(store, refs, (tx) => {
    for (const one of messages) enqueue(tx, one);
    return ok(undefined);
  });
}

type World = { readonly store: Store; readonly clock: Clock; readonly outbox: Outbox; readonly told: string[] };

function open(
  deliver: Deliver,
  options: Partial<{ store: Store; clock: Clock; owner: string; failPoint: Runtime["failPoint"] }> = {},
): World {
  const { store = openMemoryStore(), clock = createClock(), owner = "node", failPoint = () => {} } = options;
  const told: string[] = [];
  const channels = { grpc: { deliver }, dsp: { deliver } };
  const { scheduler } = clock;
  const runtime = { ...clock.runtime, failPoint };
  const outbox = createOutbox({ store, runtime, scheduler, logger: silentLogger, metrics: noMetrics, channels, owner });
  outbox.register("negotiation", {
    receive: async () => ok(null),
    delivered: async ({ id }, answer) => void told.push(`${id} ${JSON.stringify(answer)}`),
    refused: async ({ id }, code) => void told.push(`${id} refused: ${code}`),
  });
  outbox.start();
  return { store, clock, outbox, told };
}

const accept: Deliver = async () => ok("ok");
const failure = (kind: ExchangeError["kind"], code: string) => err({ kind, code, text: { zh: code, en: code } });
const DOWN = failure("unavailable", "tls.unreachable");

/** A channel whose every delivery the test answers itself. */
function createHandChannel() {
  const underWay = new Map<string, (answer: Result<Answer>) => void>();
  const deliver: Deliver = ({ id }) => new Promise((resolve) => underWay.set(id, resolve));
  const answer = async (id: string, result: Result<Answer> = ok("ok")) => {
    underWay.get(id)?.(result);
    underWay.delete(id);
    await turn();
  };
  return { deliver, answer, underWay: () => [...underWay.keys()] };
}

/** Lets everything that waits for promises alone go on. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("an outbox", () => {
  it("sends what a commit owes at once, tells the room the answer, and keeps nothing", async () => {
    const { store, clock, outbox, told } = open(accept);
    await outbox.idle();
    await owe(store, message("m1"), message("m2"));
    await outbox.idle();
    expect(told).toEqual(['m1 "ok"', 'm2 "ok"']);
    expect(await outbox.pending()).toEqual([]);
    expect(clock.waiting()).toBe(0);
  });

  it("keeps the order of commits within a lane and runs lanes side by side", async () => {
    const hand = createHandChannel();
    const { store } = open(hand.deliver);
    await owe(
      store,
      message("z-first", "a"),
      message("a-second", "a"),
      message("other", "b"),
      message("far", "a", "500000"),
    );
    await turn();
    expect(hand.underWay()).toEqual(["far", "z-first", "other"]);
    await hand.answer("z-first");
    expect(hand.underWay()).toEqual(["far", "other", "a-second"]);
  });

  it("has at most 32 messages under way to one peer", async () => {
    const hand = createHandChannel();
    const { store } = open(hand.deliver);
    await owe(store, ...Array.from({ length: 40 }, (_, i) => message(`m${i}`, `lane-${i}`)));
    await turn();
    expect(hand.underWay()).toHaveLength(32);
    await hand.answer("m0");
    expect(hand.underWay()).toHaveLength(32);
    expect(hand.underWay()).toContain("m32");
  });

  it("asks a peer that is down with one message at a time, ever more rarely, and sends all when it is back", async () => {
    const sent: string[] = [];
    let isDown = true;
    const { store, clock, outbox } = open(async ({ id }) => {
      sent.push(id);
      return isDown ? DOWN : ok("ok");
    });
    await owe(store, message("a", "a"), message("b", "b"), message("c", "c"));
    await outbox.idle();
    expect(sent.splice(0)).toEqual(["a", "b", "c"]);
    for (const [waitMs, asked] of [
      [99, []],
      [1, ["a"]],
      [199, []],
      [1, ["b"]],
      [400, ["c"]],
      [799, []],
      [1, ["a"]],
    ] as const) {
      clock.pass(waitMs);
      await outbox.idle();
      expect(sent.splice(0)).toEqual(asked);
    }
    expect(await outbox.pending("510100")).toMatchObject([
      { id: "a", attempts: 3, lastError: { code: "tls.unreachable" } },
      { id: "b", attempts: 2 },
      { id: "c", attempts: 2 },
    ]);
    isDown = false;
    clock.pass(1_600);
    await outbox.idle();
    expect(sent).toEqual(["b", "c", "a"]);
  });

  it("lets a lane that the peer is not ready for wait alone", async () => {
    let isReady = false;
    const sent: string[] = [];
    const { store, clock, outbox } = open(async ({ id, lane }) => {
      sent.push(id);
      return lane === "slow" && !isReady ? failure("not-yet", "AUDIT_NOT_YET") : ok("ok");
    });
    await owe(store, message("s1", "slow"), message("s2", "slow"), message("q1", "quick"), message("q2", "quick"));
    await outbox.idle();
    expect(sent.splice(0)).toEqual(["s1", "q1", "q2"]);
    isReady = true;
    clock.pass(100);
    await outbox.idle();
    expect(sent).toEqual(["s1", "s2"]);
  });

  it("takes any other refusal as the last word, tells the room, and goes on with the lane", async () => {
    const { store, outbox, told } = open(async ({ id }) =>
      id === "m1" ? failure("forbidden", "ROLE_REQUIRED") : ok("ok"),
    );
    await owe(store, message("m1"), message("m2"));
    await outbox.idle();
    expect(told).toEqual(["m1 refused: ROLE_REQUIRED", 'm2 "ok"']);
    expect(await outbox.pending()).toEqual([]);
  });

  it.each(["outbox.before-send", "outbox.after-send", "outbox.after-ack"])(
    "loses nothing and keeps the order when it ends at %s",
    async (point) => {
      const disk = createMemoryDisk();
      const store = openMemoryStore(disk);
      const sent: string[] = [];
      const deliver: Deliver = async ({ id }) => ok(sent.push(id) > 0);
      const crashed = open(deliver, { store, failPoint: (name) => void (name === point && store.close()) });
      await owe(store, message("m1"), message("m2"));
      await crashed.outbox.idle().catch(() => {});
      await turn();
      const again = open(deliver, { store: openMemoryStore(disk), clock: crashed.clock });
      await again.outbox.idle();
      expect([...new Set(sent)]).toEqual(["m1", "m2"]);
      expect(await again.outbox.pending()).toEqual([]);
    },
  );

  it("ends a delivery that is never answered, and keeps the message", async () => {
    const { store, clock, outbox } = open(() => new Promise(() => {}));
    await owe(store, message("m1"));
    await turn();
    clock.pass(30_000);
    await outbox.idle();
    expect(await outbox.pending()).toMatchObject([{ id: "m1", attempts: 1, lastError: { code: "PEER_NO_ANSWER" } }]);
  });

  it("stops only after what is under way has been answered, and starts nothing more", async () => {
    const hand = createHandChannel();
    const { store, outbox, told } = open(hand.deliver);
    await owe(store, message("m1"), message("m2"));
    await turn();
    const stopped = outbox.stop().then(() => told.push("stopped"));
    await turn();
    expect(told).toEqual([]);
    await hand.answer("m1");
    await stopped;
    expect(told).toEqual(['m1 "ok"', "stopped"]);
    expect(hand.underWay()).toEqual([]);
    expect(await outbox.pending()).toMatchObject([{ id: "m2" }]);
  });
});

describe("two processes with an outbox on one database", () => {
  it("send each message once, and one takes over at once from the other that stops", async () => {
    const sent: string[] = [];
    const deliverAs =
      (who: string): Deliver =>
      async ({ id }) =>
        ok(String(sent.push(`${who} ${id}`)));
    const clock = createClock();
    const store = openMemoryStore();
    const first = open(deliverAs("first"), { store, clock, owner: "first" });
    await owe(store, message("m1"));
    await first.outbox.idle();
    const second = open(deliverAs("second"), { store, clock, owner: "second" });
    await owe(store, message("m2"));
    await Promise.all([first.outbox.idle(), second.outbox.idle()]);
    expect(sent.splice(0)).toEqual(["first m1", "first m2"]);
    await first.outbox.stop();
    await owe(store, message("m3"));
    await second.outbox.idle();
    expect(sent).toEqual(["second m3"]);
  });

  it("take over from one that ended without a word when its lease is over", async () => {
    const clock = createClock();
    const disk = createMemoryDisk();
    const dead = open(accept, { store: openMemoryStore(disk), clock, owner: "dead" });
    await owe(dead.store, message("m1"));
    await dead.outbox.idle();
    await dead.store.close();
    const { store, outbox, told } = open(accept, { store: openMemoryStore(disk), clock, owner: "alive" });
    await owe(store, message("m2"));
    clock.pass(14_999);
    await outbox.idle();
    expect(told).toEqual([]);
    clock.pass(1);
    await outbox.idle();
    expect(told).toEqual(['m2 "ok"']);
  });
});

describe("an inbox", () => {
  const inbound: InboundMessage = { ...message("m1"), peer: "510100" };

  it("lets a message act once however often and however concurrently it comes, with the first answer", async () => {
    const { store, outbox } = open(accept);
    let acted = 0;
    outbox.register("negotiation", {
      receive: (one) =>
        transact(store, inboxRefs(one), (tx) => {
          const earlier = receiveOnce(tx, one);
          if (earlier !== undefined) return ok(earlier.seen);
          acted += 1;
          markReceived(tx, one, { number: String(acted) });
          return ok({ number: String(acted) });
        }),
      delivered: async () => {},
      refused: async () => {},
    });
    const answers = await Promise.all([outbox.receive(inbound), outbox.receive(inbound)]);
    answers.push(await outbox.receive(inbound));
    expect(answers).toEqual(Array.from({ length: 3 }, () => ok({ number: "1" })));
    expect(acted).toBe(1);
    expect(await outbox.receive({ ...inbound, peer: "500000" })).toEqual(ok({ number: "2" }));
  });

  it("refuses a topic that no room takes", async () => {
    const { outbox } = open(accept);
    expect(await outbox.receive({ ...inbound, topic: "transfer" })).toMatchObject({ error: { code: "TOPIC_UNKNOWN" } });
  });
});
