import { readCa } from "../certs/files.ts";
import { createRenewalAuthority } from "../certs/renewal-authority.ts";
import type { LeafWriter } from "./identity/leaf-writer.ts";
import type { Peer } from "./identity/model.ts";
import { createTrust, type Trust } from "./identity/trust.ts";
import type { Result } from "./kernel/exchange-error.ts";
import type { Logger } from "./kernel/logger.ts";
import type { Runtime } from "./kernel/runtime.ts";
import type { Scheduler } from "./kernel/scheduler.ts";
import { leafHosts } from "./leaf-hosts.ts";
import type { NodeFolder } from "./node-folder.ts";
import { StartFault } from "./serve.ts";
import type { Store } from "./storage/port.ts";

type Deps = {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly region: string;
  readonly leaves: LeafWriter;
  readonly folder: NodeFolder;
  readonly dir: string;
};

/**
 * The trust list in force: the one in the store, or at the first start the one an operator laid into the folder with its
 * digest. The region's own revocation list comes from the folder each time; an older one is never taken back.
 */
export async function openTrust(deps: Deps): Promise<Trust> {
  const renewLeaf = (peer: Peer, csr: Uint8Array) => renew(deps, trust, peer, csr);
  const trust = await createTrust({ ...deps, renewLeaf });
  const first = trust.current() === undefined ? deps.folder.firstTrustList() : undefined;
  if (first !== undefined) {
    const adopted = await trust.accept(first.signed, { firstDigest: first.digest });
    if (!adopted.ok) throw new StartFault(adopted.error);
  }
  const crl = await deps.folder.crlPem();
  if (crl.ok && trust.current() !== undefined) {
    const accepted = await trust.crls.accept(deps.region, crl.value);
    if (!accepted.ok) deps.logger.warn({ code: accepted.error.code }, "this region's revocation list was not taken");
  }
  return trust;
}

/** Where the CA's key is kept in this folder, this node answers `Trust.Renew` for the others of its region. */
async function renew(deps: Deps, trust: Trust, peer: Peer, csr: Uint8Array): Promise<Result<readonly Uint8Array[]>> {
  const ca = await readCa(deps.dir);
  if (!ca.ok) return ca;
  const own = trust.region(deps.region);
  const authority = createRenewalAuthority({
    ca: ca.value,
    region: deps.region,
    trustDomain: own?.trustDomain ?? "",
    hosts: own === undefined ? [] : leafHosts(own),
    nowMs: deps.runtime.nowMs,
    isRevoked: (serial) => trust.crls.of(deps.region).some((crl) => crl.serials.has(serial)),
  });
  return authority(peer, csr);
}
