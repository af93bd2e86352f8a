import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/**
 * A TCP link between two nodes that can be made bad while it is in use. Faults hold for connections that are open and
 * for those that come, until `resume`.
 */
export type FaultProxy = {
  /** `host:port`, to be named in place of the target. */
  readonly endpoint: string;
  /** Every byte arrives so much later, in both directions. */
  readonly delay: (ms: number) => void;
  readonly throttle: (bytesPerSecond: number) => void;
  /** Open connections are reset and new ones refused. */
  readonly cut: () => void;
  /** Nothing arrives any more and nobody is told: new connections are accepted and stay silent. */
  readonly halfOpen: () => void;
  /** A good link again; what a half-open one held back arrives now, as TCP would send it again. */
  readonly resume: () => void;
  readonly connections: () => number;
  readonly close: () => Promise<void>;
};

type Faults = { delayMs: number; bytesPerSecond: number; isCut: boolean; isHalfOpen: boolean };

const GOOD: Faults = { delayMs: 0, bytesPerSecond: Number.POSITIVE_INFINITY, isCut: false, isHalfOpen: false };
/** More than this waiting in one direction pauses its sender, as a full TCP window would. */
const WINDOW_BYTES = 1_048_576;

export async function startFaultProxy(target: { readonly host: string; readonly port: number }): Promise<FaultProxy> {
  const faults: Faults = { ...GOOD };
  const links = new Set<Link>();
  // Half-closed as TCP allows it: what the other side still has to say must arrive.
  const server = createServer({ allowHalfOpen: true }, (near) => {
    if (faults.isCut) {
      near.resetAndDestroy();
      return;
    }
    const link = new Link(near, target, faults, () => links.delete(link));
    links.add(link);
  });
  const set = (change: Partial<Faults>) => {
    Object.assign(faults, change);
    for (const link of links) link.pump();
  };
  await listen(server);
  return {
    endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    delay: (delayMs) => set({ delayMs }),
    throttle: (bytesPerSecond) => set({ bytesPerSecond }),
    cut: () => {
      set({ isCut: true });
      for (const link of [...links]) link.reset();
    },
    halfOpen: () => set({ isHalfOpen: true }),
    resume: () => set(GOOD),
    connections: () => links.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const link of [...links]) link.reset();
      }),
  };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
}

/** One connection through the proxy. */
class Link {
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #lanes: readonly [Lane, Lane];
  readonly #onGone: () => void;

  constructor(
    near: Socket,
    target: { readonly host: string; readonly port: number },
    faults: Faults,
    onGone: () => void,
  ) {
    this.#near = near;
    this.#far = connect({ ...target, allowHalfOpen: true });
    this.#onGone = onGone;
    this.#lanes = [new Lane(near, this.#far, faults), new Lane(this.#far, near, faults)];
    for (const socket of [this.#near, this.#far]) {
      socket.setNoDelay(true);
      socket.on("error", () => {});
      socket.once("close", () => this.#whenClosed());
    }
  }

  pump(): void {
    for (const lane of this.#lanes) lane.pump();
  }

  reset(): void {
    this.#near.resetAndDestroy();
    this.#far.resetAndDestroy();
    this.#onGone();
  }

  #whenClosed(): void {
    if (this.#near.destroyed && this.#far.destroyed) this.#onGone();
  }
}

type Piece = { readonly bytes: Buffer | "end"; readonly dueMs: number };

/** One direction of a connection. */
class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #faults: Faults;
  readonly #waiting: Piece[] = [];
  #waitingBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  /** The link is taken up to here by what was sent before. */
  #busyUntilMs = 0;

  constructor(from: Socket, to: Socket, faults: Faults) {
    this.#from = from;
    this.#to = to;
    this.#faults = faults;
    from.on("data", (bytes: Buffer) => this.#take(bytes));
    from.once("end", () => this.#take("end"));
    from.once("close", () => this.#take("end"));
  }

  pump(): void {
    clearTimeout(this.#timer);
    while (!this.#faults.isHalfOpen) {
      const [piece] = this.#waiting;
      if (piece === undefined) break;
      const leftMs = Math.max(piece.dueMs, this.#busyUntilMs) - performance.now();
      if (leftMs > 0) {
        this.#timer = setTimeout(() => this.pump(), leftMs);
        return;
      }
      this.#waiting.shift();
      this.#send(piece.bytes);
    }
  }

  #take(bytes: Buffer | "end"): void {
    this.#waiting.push({ bytes, dueMs: performance.now() + this.#faults.delayMs });
    if (bytes !== "end") this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > WINDOW_BYTES) this.#from.pause();
    this.pump();
  }

  #send(bytes: Buffer | "end"): void {
    if (bytes === "end") return void this.#to.end();
    this.#waitingBytes -= bytes.length;
    if (this.#waitingBytes <= WINDOW_BYTES) this.#from.resume();
    this.#busyUntilMs = performance.now() + (bytes.length / this.#faults.bytesPerSecond) * 1_000;
    if (this.#to.writable) this.#to.write(bytes);
  }
}
