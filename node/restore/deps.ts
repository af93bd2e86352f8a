import type { GossipChannel } from "../audit/gossip.ts";
import type { NoteSigner } from "../audit/note.ts";
import type { TrustedRegion, TrustList } from "../identity/model.ts";
import type { Signer } from "../kernel/ed25519.ts";
import type { Result } from "../kernel/exchange-error.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { UsagePosting } from "../metering/store.ts";
import type { ProcessDeps } from "../settlement/process.ts";
import type { Store } from "../storage/port.ts";
import type { HeldRecord } from "./holdings.ts";

export type RestoreDeps = {
  readonly store: Store;
  /** False while other processes work on the same records. */
  readonly claimAlone: () => Promise<boolean>;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly region: string;
  readonly signer: Signer;
  readonly posting: UsagePosting;
  readonly rules: ProcessDeps["rules"];
  readonly trust: {
    readonly current: () => { readonly list: TrustList } | undefined;
    readonly peers: () => readonly TrustedRegion[];
  };
  /** The log's key under its name in the trust list. */
  readonly log: NoteSigner;
  readonly gossip: GossipChannel;
  readonly holdings: (region: string) => AsyncIterable<HeldRecord>;
};

/** What became of one record: `taken` anew, `present` already, or refused with a reason. */
export type Taken = Result<"taken" | "present">;

/** A key whenever its validity reaches: what was signed last month stays signed. */
export function keyOf({ trust }: Pick<RestoreDeps, "trust">, region: string, keyId: string): Uint8Array | undefined {
  const found = trust.current()?.list.regions.find(({ id }) => id === region);
  const key = found?.statementKeys.find((one) => one.keyId === keyId);
  return key === undefined ? undefined : Buffer.from(key.publicKey, "base64");
}
