import { createHash, randomBytes } from "node:crypto";
import { connect as connectTcp, createServer, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Frame, PullControl } from "../transfer/wire.ts";
import type { CallLimits } from "./call-limits.ts";
import { announce, DATA_PROTOCOL, framed, type Keepalive } from "./data-connection.ts";
import { createDataReader } from "./data-reader.ts";
import { protocol } from "./protocol.ts";
import { makeRegion, pairRegions, type TestRegion } from "./testing/federation.ts";

let chengdu: TestRegion;
let chongqing: TestRegion;
beforeAll(async () => {
  [chengdu, chongqing] = await Promise.all([makeRegion("510100"), makeRegion("500000")]);
});

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

type Serve = (controls: AsyncIterable<PullControl>) => AsyncGenerator<Frame>;

/** Chongqing pulls from Chengdu, whose way in may lead through somebody else's port. */
async function connect(
  pull: Serve,
  special: { protocols?: readonly string[]; way?: Way; keepalive?: Keepalive; limits?: Partial<CallLimits> } = {},
) {
  const transfers = {
    pull: (_peer: unknown, controls: AsyncIterable<PullControl>) => pull(controls),
    invoke: () => Promise.reject(new Error("not called")),
  };
  const seen: bigint[] = [];
  const { running, clients, close } = await pairRegions(
    chongqing,
    chengdu,
    { transfers },
    { ...special, serverVersion: "4", sawListVersion: (_region, version) => seen.push(version) },
  );
  open.push(close);
  return { running, clients, seen };
}

type Way = (endpoint: string) => Promise<string>;

const opening: PullControl = { kind: "open", transferPid: "urn:uuid:1", fromBatch: "1", consumerKeyId: "k" };

/** Says `open` and then nothing, without ending. */
async function* openOnly(): AsyncGenerator<PullControl> {
  yield opening;
  await new Promise(() => {});
}

describe("a data connection", () => {
  it("brings content of any size and the messages between it, in order and unchanged", async () => {
    const contents = [1, 4, 262_143, 262_144, 262_145, 1_048_576].map((size) => randomBytes(size));
    const begin = {
      kind: "batch-begin",
      batch: "1",
      rows: "0",
      bytes: "1",
      core: "{}",
      providerSignature: "s",
    } as const;
    const { clients, seen } = await connect(async function* () {
      for (const bytes of contents) {
        yield begin;
        yield { kind: "data", bytes };
      }
    });
    const hash = createHash("sha256");
    const kinds: string[] = [];
    for await (const frame of clients.data.pull("510100", openOnly())) {
      if (frame.kind === "data") hash.update(frame.bytes);
      if (kinds.at(-1) !== frame.kind) kinds.push(frame.kind);
    }
    expect(hash.digest("hex")).toBe(createHash("sha256").update(Buffer.concat(contents)).digest("hex"));
    expect(kinds).toEqual(contents.flatMap(() => ["batch-begin", "data"]));
    expect(seen).toEqual([4n]);
  });

  it("is not needed: an older peer is pulled from over gRPC", async () => {
    const serve: Serve = async function* (controls) {
      for await (const control of controls) yield { kind: "data", bytes: Buffer.from(control.kind) };
    };
    const { clients } = await connect(serve, { protocols: ["h2"] });
    for await (const frame of clients.data.pull("510100", openOnly())) {
      expect(frame).toMatchObject({ kind: "data", bytes: Buffer.from("open") });
      break;
    }
  });

  it("is held back while nobody reads, and goes on when somebody does", async () => {
    let given = 0;
    const { clients } = await connect(async function* () {
      for (; given < 64; given++) yield { kind: "data", bytes: Buffer.alloc(1_048_576, given) };
    });
    const frames = clients.data.pull("510100", openOnly())[Symbol.asyncIterator]();
    await frames.next();
    await new Promise((resolve) => setTimeout(resolve, 500));
    // Longer than both sides' patience with silence; what the kernel holds for a loopback connection is a few MiB.
    expect(given).toBeLessThan(40);
    let bytes = 0;
    for (let next = await frames.next(); !next.done; next = await frames.next()) {
      if (next.value.kind === "data") bytes += next.value.bytes.length;
    }
    expect(bytes).toBeGreaterThan(63 * 1_048_576);
  });

  it("is given up when the link goes silent without closing", async () => {
    const lines: Socket[] = [];
    const way: Way = (endpoint) =>
      new Promise((resolve) => {
        const port = Number(endpoint.split(":")[1]);
        const server = createServer((socket) => {
          const onward = connectTcp(port, "127.0.0.1");
          lines.push(socket, onward);
          for (const line of [socket, onward]) line.on("error", () => {});
          socket.pipe(onward).pipe(socket);
        });
        open.push(
          () => void server.close(),
          () => lines.forEach((line) => void line.destroy()),
        );
        server.listen(0, "127.0.0.1", () => resolve(`127.0.0.1:${(server.address() as { port: number }).port}`));
      });
    const serve: Serve = async function* () {
      yield { kind: "data", bytes: Buffer.from("a") };
      await new Promise(() => {});
    };
    const { clients } = await connect(serve, { way });
    const frames = clients.data.pull("510100", openOnly())[Symbol.asyncIterator]();
    await frames.next();
    for (const line of lines) line.unpipe().pause();
    await expect(frames.next()).rejects.toThrow("silent");
  });

  it("ends at once when its peer is no longer trusted", async () => {
    const serve: Serve = async function* () {
      yield { kind: "data", bytes: Buffer.from("a") };
      await new Promise(() => {});
    };
    const { clients } = await connect(serve);
    const frames = clients.data.pull("510100", openOnly())[Symbol.asyncIterator]();
    await frames.next();
    clients.recheck(() => ({ ok: false, error: { kind: "forbidden", code: "x", text: { zh: "", en: "" } } }));
    expect((await frames.next()).done).toBe(true);
  });
});

describe("what a peer of good standing cannot do with data connections", () => {
  const QUICK = { everyMs: 100, timeoutMs: 100 };
  /** Longer than a test: nothing is closed by time. */
  const PATIENT = { everyMs: 600_000, timeoutMs: 600_000 };

  /** Chongqing with its own certificate, saying whatever it likes. */
  async function raw(serve: Serve, keepalive: Keepalive, limits: Partial<CallLimits> = {}) {
    const { running } = await connect(serve, { keepalive, limits });
    const { certificatePem, keyPem } = chongqing.credentials;
    const port = Number(running.endpoint.split(":")[1]);
    const dial = (allowHalfOpen = false) =>
      new Promise<TLSSocket>((resolve, reject) => {
        const options = {
          cert: certificatePem,
          key: keyPem,
          rejectUnauthorized: false,
          allowHalfOpen,
          ALPNProtocols: [DATA_PROTOCOL],
        };
        const socket = connectTls({ host: "127.0.0.1", port, ...options }, () => resolve(socket));
        socket.on("error", reject);
        open.push(() => void socket.destroy());
      });
    return { running, dial };
  }

  async function* idle(): AsyncGenerator<Frame> {
    await new Promise(() => {});
    yield { kind: "data", bytes: Buffer.alloc(0) };
  }

  const closed = (socket: TLSSocket) =>
    new Promise<void>((resolve) => {
      socket.on("close", () => resolve());
      socket.resume();
    });

  it.each([
    ["a length that no control has", Buffer.from([0x7f, 0xff, 0xff, 0xff])],
    ["a control longer than any there is", announce({ kind: "message", bytes: 8 * 1024 + 1 })],
    ["content, which only goes the other way", announce({ kind: "content", bytes: 8 })],
    ["a control of no kind", framed(Buffer.from("7a00", "hex"))],
    ["protobuf that is none", framed(Buffer.from("ffffffffffffffff", "hex"))],
    ["HTTP", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
  ])("%s closes the connection", async (_name, bytes) => {
    const { running, dial } = await raw(idle, PATIENT);
    const socket = await dial();
    const over = closed(socket);
    socket.write(bytes);
    await over;
    await expect.poll(() => running.server.connections()).toEqual([]);
  });

  it("a connection over those that one region may have is closed, and the others go on", async () => {
    const { running, dial } = await raw(idle, PATIENT, { connections: { grpc: 0, data: 2 } });
    const [first, second] = [await dial(), await dial()];
    await expect.poll(() => running.server.connections()).toHaveLength(2);
    await closed(await dial());
    expect(running.server.connections()).toHaveLength(2);
    first.destroy();
    await expect.poll(() => running.server.connections()).toHaveLength(1);
    await dial();
    await expect.poll(() => running.server.connections()).toHaveLength(2);
    expect(second.closed).toBe(false);
  });

  it("a connection that keeps talking and never says `open` is closed", async () => {
    const { running, dial } = await raw(idle, QUICK);
    const socket = await dial();
    const over = closed(socket);
    const heartbeats = setInterval(() => socket.writable && socket.write(Buffer.alloc(1)), 20);
    open.push(() => clearInterval(heartbeats));
    await over;
    await expect.poll(() => running.server.connections()).toEqual([]);
  });

  it("a connection whose pull is over is closed, though its peer keeps its own half open and talking", async () => {
    const { running, dial } = await raw(async function* () {}, QUICK);
    const socket = await dial(true);
    const over = closed(socket);
    socket.write(framed(protocol().data.encodeControl(opening, { listVersion: "4", traceparent: "" })));
    const heartbeats = setInterval(() => socket.writable && socket.write(Buffer.alloc(4)), 20);
    open.push(() => clearInterval(heartbeats));
    await over;
    await expect.poll(() => running.server.connections()).toEqual([]);
  });
});

describe("what reads it", () => {
  it("puts messages and content together again, however they were cut", () => {
    const stream = Buffer.concat([
      framed(Buffer.from("one")),
      announce({ kind: "message", bytes: 0 }),
      announce({ kind: "content", bytes: 5 }),
      Buffer.from("12345"),
      announce({ kind: "content", bytes: 0 }),
      framed(Buffer.from("two")),
    ]);
    for (const step of [1, 2, 3, 7, stream.length]) {
      const got: string[] = [];
      const reader = createDataReader((piece) => got.push(`${piece.kind} ${piece.bytes}`));
      for (let at = 0; at < stream.length; ) {
        const place = reader.place();
        const bytes = Math.min(step, place.length, stream.length - at);
        place.set(stream.subarray(at, at + bytes));
        reader.filled(bytes);
        at += bytes;
      }
      expect(got).toEqual(["message one", "content 12345", "message two"]);
    }
  });

  it("takes no message that is longer than any there is", () => {
    const reader = createDataReader(() => {});
    reader.place().set(Buffer.from([0x7f, 0xff, 0xff, 0xff]));
    expect(() => reader.filled(4)).toThrow("longer");
  });
});
