import { err, type Result } from "../../../node/kernel/exchange-error.ts";
import { ExchangeFault } from "../../../node/kernel/exchange-fault.ts";
import type { Frame, PullControl } from "../../../node/transfer/wire.ts";
import type { Channels } from "./channel-ports.ts";
import type { PlantedBug } from "./crashing-store.ts";
import type { Incarnation, Line, Network } from "./network.ts";
import type { SimRegion } from "./sim-region.ts";
import { asPeer } from "./sim-trust.ts";

/** A region that runs: its process and its rooms. */
export type Running = { readonly incarnation: Incarnation; readonly rooms: SimRegion };

/** The ways from one process to the other regions, as `node/rpc` gives them, over the simulated network. */
export function channelsFrom(
  own: Incarnation,
  network: Network,
  running: (region: string) => Running | undefined,
  planted: PlantedBug | undefined,
): Channels {
  const self = asPeer(own.region);
  const request = <T>(region: string, act: (rooms: SimRegion, again: boolean) => Promise<Result<T>>) =>
    network.request(
      own,
      () => running(region)?.incarnation,
      (again) => {
        const target = running(region);
        return target === undefined ? Promise.resolve(gone()) : act(target.rooms, again);
      },
    );
  return {
    peer: {
      deliver: ({ id, peer, kind, body, topic, traceId }) =>
        request(peer, ({ outbox }) =>
          outbox.receive({ id, peer: own.region, binding: "grpc", topic, kind, body: crossed(body), traceId }),
        ),
    },
    catalog: {
      async *subscribe(region, fromSequence, signal) {
        const target = running(region);
        const line = openLine(network, own, target);
        const stop = new AbortController();
        signal.addEventListener("abort", () => stop.abort());
        const batches = target?.rooms.federation.serve(self, fromSequence, stop.signal);
        yield* carried(
          network,
          line,
          batches,
          (batch) => crossed(batch),
          () => stop.abort(),
        );
      },
    },
    data: {
      async *pull(region, controls) {
        const target = running(region);
        const line = openLine(network, own, target);
        const frames = target?.rooms.transfers.pull(self, passing(network, line, controls));
        yield* carried(network, line, frames, copyOf, () => {});
      },
      invoke: (region, asked) =>
        request(region, ({ transfers }, again) =>
          transfers.invoke(self, again && planted === "double-call" ? underOtherIds(asked) : crossed(asked)),
        ),
    },
    trees: {
      treeNodes: (region, asked) => request(region, ({ settlements }) => settlements.treeNodes(self, asked)),
    },
    witness: {
      async cosign(region, body) {
        const answer = await request(region, async ({ audit }) => ({
          ok: true as const,
          value: await audit.addCheckpoint(body),
        }));
        return answer.ok ? answer.value : { status: 503, body: answer.error.code };
      },
    },
  };
}

/** As it looks on the other side: nothing but its text arrives. */
function crossed<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function copyOf(frame: Frame): Frame {
  return frame.kind === "data" ? { ...frame, bytes: Uint8Array.from(frame.bytes) } : frame;
}

/** A bug for the simulator to find: a request that comes again is taken for a new one. */
function underOtherIds<T extends { readonly inputs: readonly { readonly callId: string }[] }>(asked: T): T {
  return { ...asked, inputs: asked.inputs.map((input) => ({ ...input, callId: `${input.callId}-again` })) };
}

function openLine(network: Network, own: Incarnation, target: Running | undefined): Line {
  try {
    return network.open(own, target?.incarnation);
  } catch {
    throw new ExchangeFault(gone().error);
  }
}

function gone() {
  const text = { zh: "对方不在线。", en: "The peer is away." };
  return err({ kind: "unavailable", code: "PEER_UNAVAILABLE", text });
}

async function* carried<T>(
  network: Network,
  line: Line,
  items: AsyncIterable<T> | undefined,
  take: (item: T) => T,
  stop: () => void,
): AsyncGenerator<T> {
  const source = items?.[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await brokenOr(line, source?.next() ?? Promise.resolve({ done: true as const, value: undefined }));
      if (next.done === true) return;
      const item = take(next.value);
      await brokenOr(line, network.carry(line));
      yield item;
    }
  } finally {
    line.close();
    stop();
    source?.return?.()?.catch(() => {});
  }
}

async function* passing(
  network: Network,
  line: Line,
  controls: AsyncIterable<PullControl>,
): AsyncGenerator<PullControl> {
  const source = controls[Symbol.asyncIterator]();
  for (;;) {
    const next = await Promise.race([source.next(), line.broken]);
    if (next.done === true) return;
    await network.carry(line);
    yield crossed(next.value);
  }
}

/** A broken line is told as the client of `node/rpc` tells it. */
async function brokenOr<T>(line: Line, arriving: Promise<T>): Promise<T> {
  try {
    return await Promise.race([arriving, line.broken]);
  } catch (fault) {
    if (fault instanceof ExchangeFault) throw fault;
    throw new ExchangeFault(gone().error);
  }
}
