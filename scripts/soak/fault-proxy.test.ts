import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";

/** Answers every byte with itself. */
const echo = createServer((socket) => {
  socket.on("error", () => {});
  socket.pipe(socket);
});
let proxy: FaultProxy;
const clients: Socket[] = [];

beforeEach(async () => {
  await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
  proxy = await startFaultProxy({ host: "127.0.0.1", port: (echo.address() as AddressInfo).port });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.close();
  await new Promise((resolve) => echo.close(resolve));
});

function dial(): Promise<Socket> {
  const { hostname, port } = new URL(`tcp://${proxy.endpoint}`);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => resolve(socket));
    clients.push(socket);
    socket.on("error", reject);
  });
}

const said = (socket: Socket): Promise<string> =>
  new Promise((resolve) => socket.once("data", (bytes) => resolve(bytes.toString())));
const closed = (socket: Socket): Promise<void> => new Promise((resolve) => socket.once("close", () => resolve()));

describe("a link through the fault proxy", () => {
  it("is good to begin with", async () => {
    const client = await dial();
    client.write("hello");
    expect(await said(client)).toBe("hello");
  });

  it("passes the end of a connection on", async () => {
    const client = await dial();
    client.end("bye");
    expect(await said(client)).toBe("bye");
    await closed(client);
    expect(proxy.connections()).toBe(0);
  });

  it("that is cut loses open connections and takes no new ones, until it is resumed", async () => {
    const client = await dial();
    const lost = closed(client);
    proxy.cut();
    await lost;
    await expect(
      dial().then((socket) => closed(socket).then(() => Promise.reject(new Error("reset")))),
    ).rejects.toThrow();
    proxy.resume();
    const again = await dial();
    again.write("healed");
    expect(await said(again)).toBe("healed");
  });

  it("that is half open says nothing, and delivers what was sent meanwhile once it is resumed", async () => {
    const client = await dial();
    client.write("before");
    expect(await said(client)).toBe("before");
    proxy.halfOpen();
    client.write("during");
    let isHeard = false;
    const heard = said(client).then((text) => {
      isHeard = true;
      return text;
    });
    // A second connection is accepted although nothing can pass.
    await dial();
    expect(isHeard).toBe(false);
    proxy.resume();
    expect(await heard).toBe("during");
  });

  it("that is slow brings everything, in order, no sooner than it can", async () => {
    const client = await dial();
    proxy.delay(20);
    proxy.throttle(100_000);
    const text = "0123456789".repeat(400);
    const startedMs = performance.now();
    let received = "";
    const whole = new Promise<void>((resolve) => {
      client.on("data", (bytes) => {
        received += bytes.toString();
        if (received.length === text.length) resolve();
      });
    });
    client.write(text.slice(0, 2_000));
    setImmediate(() => client.write(text.slice(2_000)));
    await whole;
    expect(received).toBe(text);
    // Two directions of 20 ms each; a lower bound of what was asked for, not a measurement.
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(39);
  });
});
