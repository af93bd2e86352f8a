import { lookup } from "node:dns/promises";
import { connect, type Socket } from "node:net";
import { EMPTY_HEAD } from "../catalog/change-chain.ts";
import type { TrustView } from "../identity/model.ts";
import { type Failure, ok, type Result } from "../kernel/exchange-error.ts";
import { ExchangeFault } from "../kernel/exchange-fault.ts";
import type { PeerClients } from "./client.ts";
import { type HandshakeOptions, shakeHands } from "./tls-handshake.ts";

/** One step of reaching a peer, in order; the first that fails says which and why, and none follows it. */
export type PeerStep = { readonly step: PeerStepName; readonly ok: boolean; readonly detail: string };

type PeerStepName = "name" | "tcp" | "tls" | "identity" | "version" | "catalogue";

export type CheckPeerDeps = {
  readonly trust: TrustView;
  readonly clients: Pick<PeerClients, "checkServer" | "link" | "trust" | "catalog">;
  readonly credentials: HandshakeOptions["credentials"];
  readonly timeoutMs?: number;
};

/** Walks from the peer's name to its catalogue; for people, so every answer is a sentence's worth. */
export async function checkPeer(deps: CheckPeerDeps, region: string): Promise<Result<readonly PeerStep[]>> {
  const { trust, clients, credentials, timeoutMs = 5_000 } = deps;
  const link = clients.link(region);
  if (!link.ok && link.error.code === "PEER_UNKNOWN") return link;
  const steps: PeerStep[] = [];
  const sockets: Socket[] = [];
  const step = async (name: PeerStepName, run: () => Promise<string>): Promise<boolean> => {
    try {
      steps.push({ step: name, ok: true, detail: await run() });
      return true;
    } catch (fault) {
      steps.push({ step: name, ok: false, detail: detailOf(fault) });
      return false;
    }
  };
  let address = "";
  let identity = "";
  let tls: Promise<unknown> | undefined;
  try {
    const { hostname, port } = new URL(`tcp://${trust.region(region)?.endpoints.rpc[0] ?? "0.0.0.0:0"}`);
    const host = hostname.replace(/^\[|\]$/g, "");
    const options = {
      ...{ host, credentials, timeoutMs },
      check: (chainDer: readonly Uint8Array[]) => {
        const checked = clients.checkServer(region)(chainDer);
        identity = checked.ok ? checked.value.spiffeId : "";
        return checked;
      },
    };
    const walk: readonly [PeerStepName, () => Promise<string>][] = [
      [
        "name",
        async () => {
          if (!link.ok) throw new ExchangeFault(link.error);
          address = (await lookup(host)).address;
          return `${host} → ${address}`;
        },
      ],
      [
        "tcp",
        async () => {
          sockets.push(await connectTcp(address, Number(port), timeoutMs));
          return `${address}:${port}`;
        },
      ],
      [
        "tls",
        async () => {
          const [socket] = sockets;
          if (socket === undefined) throw new Error("no connection");
          tls = shakeHands(socket, options);
          // A certificate that our checks refuse came over a handshake that worked; that is the next step's to say.
          await tls.catch(rethrowUnlessRefusal);
          return "TLS 1.3";
        },
      ],
      [
        "identity",
        async () => {
          await tls;
          return identity;
        },
      ],
      [
        "version",
        async () => {
          const list = orThrow(await clients.trust.list(region)).list;
          const ours = trust.current()?.list.version ?? "0";
          return `trust list: ours ${ours}, theirs ${list.version}`;
        },
      ],
      ["catalogue", () => firstBatch(deps, region, timeoutMs)],
    ];
    for (const [name, run] of walk) if (!(await step(name, run))) break;
  } finally {
    for (const socket of sockets) socket.destroy();
  }
  return ok(steps);
}

async function firstBatch({ clients }: CheckPeerDeps, region: string, timeoutMs: number): Promise<string> {
  const silence = AbortSignal.timeout(timeoutMs);
  for await (const batch of clients.catalog.subscribe(region, "0", silence)) {
    if (batch.previousHead !== EMPTY_HEAD) throw new Error("the change log does not begin at its beginning");
    return `first batch up to change ${batch.sequence}`;
  }
  throw new Error(`no batch within ${timeoutMs} ms`);
}

function connectTcp(host: string, port: number, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    socket.once("connect", () => {
      socket.setTimeout(0);
      resolve(socket);
    });
    socket.once("timeout", () => {
      socket.destroy();
      reject(new Error(`no answer within ${timeoutMs} ms`));
    });
    socket.once("error", reject);
  });
}

function rethrowUnlessRefusal(fault: unknown): void {
  if (!(fault instanceof ExchangeFault)) throw fault;
}

function orThrow<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new ExchangeFault((result as Failure).error);
}

function detailOf(fault: unknown): string {
  if (fault instanceof ExchangeFault) return `${fault.error.code}: ${fault.error.text.zh} / ${fault.error.text.en}`;
  return fault instanceof Error ? fault.message : String(fault);
}
