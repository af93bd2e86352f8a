import type { CatalogEntry } from "../catalog/model.ts";
import type { TrustView } from "../identity/model.ts";
import type { Signer } from "../kernel/ed25519.ts";
import type { Result } from "../kernel/exchange-error.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { DeadlineRules } from "../policy/decide.ts";
import type { PackInForce } from "../policy/decision-record.ts";
import type { Store } from "../storage/port.ts";

export type NegotiationDeps = {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly logger?: Logger;
  /** This node's own region. */
  readonly region: string;
  readonly rules: DeadlineRules & {
    readonly packs: () => readonly PackInForce[];
  };
  readonly trust: TrustView;
  /** Of the region's statement key. */
  readonly signer: Signer;
  /** Agreements of other regions that pay parties of this one are signed without asking an approver. */
  readonly autoAccept?: boolean;
  readonly entries: {
    readonly own: (id: string) => Promise<Result<CatalogEntry>>;
    readonly mirrored: (region: string, id: string) => Promise<Result<CatalogEntry>>;
    /** Whether a source of this node serves the entry; else its agreements name the channel outside. */
    readonly hasSource: (id: string) => Promise<boolean>;
  };
};
