import { X509Certificate } from "node:crypto";
import { watchNodeFile } from "../certs/file-watch.ts";
import { readCa, writeCredentials } from "../certs/files.ts";
import { pemOfDer } from "../certs/pem.ts";
import { createLeafRenewal } from "../certs/renewal.ts";
import type { NodeConfig } from "./config.ts";
import type { Peer } from "./identity/model.ts";
import { checkPeerCertificate, checkStillTrusted } from "./identity/peer-check.ts";
import type { Trust } from "./identity/trust.ts";
import { ok, type Result } from "./kernel/exchange-error.ts";
import type { Logger } from "./kernel/logger.ts";
import type { Metrics } from "./kernel/metrics.ts";
import type { Runtime } from "./kernel/runtime.ts";
import type { Scheduler } from "./kernel/scheduler.ts";
import type { Worker } from "./kernel/worker.ts";
import { leafHosts } from "./leaf-hosts.ts";
import type { NodeFolder } from "./node-folder.ts";
import { recordRefusals } from "./refused-connections.ts";
import { checkPeer } from "./rpc/check-peer.ts";
import { createPeerClients } from "./rpc/client.ts";
import { createRpcServer, RPC_PROTOCOLS } from "./rpc/server.ts";
import type { RpcServices } from "./rpc/services.ts";
import { listenTls, type TlsFrontOptions } from "./rpc/tls-front.ts";
import type { CheckChain } from "./rpc/tls-handshake.ts";
import { createTrustFollower } from "./rpc/trust-follower.ts";
import type { Store } from "./storage/port.ts";

type Deps = {
  readonly config: NodeConfig;
  readonly store: Store;
  readonly runtime: Runtime;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly region: string;
  readonly folder: NodeFolder;
  readonly trust: Trust;
};

export type RegionLinks = Awaited<ReturnType<typeof openRegionLinks>>;

/** Everything by which this node and other regions reach each other: leaf, checks, clients, the gRPC server. */
export async function openRegionLinks(deps: Deps) {
  const { config, runtime, logger, metrics, region, trust } = deps;
  const renewal = leafRenewal(deps);
  const credentials = renewal.current;
  const check: CheckChain = (chainDer) =>
    checkPeerCertificate({ chainDer, nowMs: runtime.nowMs(), trust, crls: trust.crls.of, use: "client" });
  const isStillTrusted = (peer: Peer) =>
    checkStillTrusted(peer, { trust, crls: trust.crls.of, nowMs: runtime.nowMs() });
  const clients = createPeerClients({
    ...{ trust, credentials, runtime, logger },
    crls: trust.crls.of,
    sawListVersion: (peer, version) => void follower.follow(peer, version),
  });
  const follower = createTrustFollower({ ...deps, channel: clients.trust });
  const onRefused = recordRefusals(deps);
  /** Mutual TLS for another protocol on another port, with the same checks. */
  const front = (options: Pick<TlsFrontOptions, "host" | "port" | "onSocket" | "protocols">) =>
    listenTls({ credentials, check, onRefused, ...options });

  return {
    ...{ renewal, follower, clients, front, isStillTrusted },
    workers: [renewal, follower, ...folderWatches(deps, renewal)] as readonly Worker[],
    checkPeer: (id: string) => checkPeer({ trust, clients, credentials }, id),
    serve(services: RpcServices) {
      const server = createRpcServer({
        ...{ region, services, runtime, logger, metrics, isStillTrusted },
        follow: follower.follow,
      });
      const unwatch = trust.onChange(() => {
        server.recheck();
        clients.recheck(isStillTrusted);
      });
      let tls: Awaited<ReturnType<typeof listenTls>> | undefined;
      return {
        async listen(): Promise<number> {
          tls = await front({
            ...config.rpc,
            protocols: RPC_PROTOCOLS,
            onSocket: server.accept,
          });
          return tls.port;
        },
        async stop(): Promise<void> {
          unwatch();
          await server.stop();
          await tls?.close();
        },
      };
    },
  };
}

function leafRenewal(deps: Deps) {
  const { config, folder, trust, region } = deps;
  const own = trust.region(region);
  return createLeafRenewal({
    ...deps,
    credentials: folder.leaf.get(),
    names: {
      // The authority renews under the name a leaf has and no other; `node.name` may differ in a copied folder.
      uri: spiffeUriOf(folder),
      hosts: own === undefined ? [config.rpc.host] : leafHosts(own),
    },
    requestLeaf: (csrPem) => requestLeaf(deps, csrPem),
    save: (credentials) => writeCredentials(config.dir, credentials),
  });
}

/** From the CA in this folder. A node without it is renewed by the one that keeps it, through `heliu certs renew` there. */
async function requestLeaf({ config, trust, region, folder }: Deps, csrPem: string): Promise<Result<string>> {
  const ca = await readCa(config.dir);
  if (!ca.ok) return ca;
  const leaf = new X509Certificate(folder.leaf.get().certificatePem);
  const own: Peer = {
    region,
    spiffeId: spiffeUriOf(folder),
    leafSerial: leaf.serialNumber.toLowerCase(),
    issuerFingerprint: "",
    capabilities: [],
  };
  const body = csrPem.replace(/-----[^-]+-----|\s/g, "");
  const issued = await trust.renew(own, Buffer.from(body, "base64"));
  if (!issued.ok) return issued;
  return ok(issued.value.map((der) => pemOfDer(der, "CERTIFICATE")).join("\n"));
}

function spiffeUriOf(folder: NodeFolder): string {
  const names = new X509Certificate(folder.leaf.get().certificatePem).subjectAltName ?? "";
  return /URI:([^,\s]+)/.exec(names)?.[1] ?? "";
}

/** `heliu certs renew` and `heliu certs revoke` write into the folder of a serving node; it takes both up at once. */
function folderWatches(deps: Deps, renewal: ReturnType<typeof createLeafRenewal>): Worker[] {
  const { config, folder, trust, region } = deps;
  const watch = { dir: config.dir, scheduler: deps.scheduler, logger: deps.logger };
  return [
    watchNodeFile({
      ...watch,
      file: "leafCertificate",
      onChange: async () => {
        const fresh = await folder.leaf.reload();
        if (fresh.ok) renewal.replace(folder.leaf.get());
      },
    }),
    watchNodeFile({
      ...watch,
      file: "crl",
      onChange: async () => {
        const crl = await folder.crlPem();
        if (crl.ok) await trust.crls.accept(region, crl.value);
      },
    }),
  ];
}
