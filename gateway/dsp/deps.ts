import type { Catalog } from "../../node/catalog/service.ts";
import type { Peer, TrustView } from "../../node/identity/model.ts";
import type { Logger } from "../../node/kernel/logger.ts";
import type { Runtime } from "../../node/kernel/runtime.ts";
import type { Negotiations } from "../../node/negotiation/service.ts";
import type { Outbox } from "../../node/outbox/service.ts";

/** What the binding needs of a node. */
export type DspDeps = {
  readonly region: string;
  readonly catalog: Pick<Catalog, "get" | "list">;
  readonly negotiations: Pick<Negotiations, "findForPeer">;
  readonly outbox: Pick<Outbox, "receive">;
  readonly sources: { readonly kindFor: (entryId: string) => Promise<unknown> };
  readonly trust: Pick<TrustView, "region">;
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** Who is at the other end of an accepted connection, by its certificate. */
  readonly peerOf: (socket: object) => Peer | undefined;
};
