import type { WitnessChannel } from "../../../node/audit/cosigner.ts";
import type { CatalogChannel } from "../../../node/federation/model.ts";
import type { PeerChannel } from "../../../node/outbox/model.ts";
import type { TreeChannel } from "../../../node/settlement/tree-walk.ts";
import type { DataChannel } from "../../../node/transfer/wire.ts";

/** Every way out of a region. */
export type Channels = {
  readonly peer: PeerChannel;
  readonly catalog: CatalogChannel;
  readonly data: DataChannel;
  readonly trees: TreeChannel;
  readonly witness: WitnessChannel;
};
