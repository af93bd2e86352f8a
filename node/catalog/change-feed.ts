import type { Signer } from "../kernel/ed25519.ts";
import { mustSucceed } from "../kernel/exchange-error.ts";
import { instantOf } from "../kernel/instant.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { Store } from "../storage/port.ts";
import { list, read } from "../storage/transact.ts";
import { EMPTY_HEAD, headBytes } from "./change-chain.ts";
import { decodeChange } from "./entry-codec.ts";
import type { CatalogChange, ChainedChange, SignedChangeBatch } from "./model.ts";
import { changeHead, changes, type StoredChange } from "./store.ts";

const MAX_CHANGES = 500;
/** A message between regions stays far below what gRPC takes (4 MiB). */
const MAX_CHARS = 1024 * 1024;
/** One signature serves every peer that is woken by the same change; a fresh instant is worth no second one. */
const SIGNATURE_MS = 1_000;

export type ChangeFeed = {
  /** Undefined when nothing follows, or the number is not ours: then the peer takes a snapshot. */
  readonly changesAfter: (sequence: string, forPeer: string, limit: number) => Promise<SignedChangeBatch | undefined>;
  /** The head alone, freshly signed: what a heartbeat carries. */
  readonly signedHead: () => Promise<SignedChangeBatch>;
  readonly headSequence: () => Promise<string>;
  /** This region's own changes in the clear, also those hidden from peers: for what is derived from the catalogue here. */
  readonly ownChangesAfter: (sequence: string, limit: number) => Promise<CatalogChange[]>;
};

type SignedHead = Pick<SignedChangeBatch, "sequence" | "head" | "at" | "keyId" | "signature">;

type Deps = { readonly store: Store; readonly runtime: Runtime; readonly region: string; readonly signer: Signer };

export function createChangeFeed({ store, runtime, region, signer }: Deps): ChangeFeed {
  let last: (SignedHead & { readonly atMs: number }) | undefined;

  const sign = (sequence: string, head: string) => {
    const atMs = runtime.nowMs();
    const isFresh = last?.sequence === sequence && last.head === head && atMs - last.atMs < SIGNATURE_MS;
    if (last === undefined || !isFresh || atMs < last.atMs) {
      const at = instantOf(atMs);
      const signature = Buffer.from(signer.sign(headBytes({ region, sequence, head, at }))).toString("base64");
      last = { sequence, head, atMs, at, keyId: signer.keyId, signature };
    }
    const { at, keyId, signature } = last;
    return { region, sequence, head, at, keyId, signature };
  };

  const headNow = async () => (await read(store, changeHead)) ?? { sequence: "0", head: EMPTY_HEAD };

  return {
    async changesAfter(sequence, _forPeer, limit) {
      if (!/^(0|[1-9][0-9]{0,17})$/.test(sequence)) return undefined;
      const previousHead = sequence === "0" ? EMPTY_HEAD : (await read(store, changes.at(BigInt(sequence))))?.head;
      if (previousHead === undefined) return undefined;
      const found: StoredChange[] = [];
      let chars = 0;
      const max = Math.min(limit, MAX_CHANGES);
      for await (const change of list(store, changes, [], { after: [BigInt(sequence)], limit: max })) {
        chars += change.change.length;
        if (found.length > 0 && chars > MAX_CHARS) break;
        found.push(change);
      }
      const end = found.at(-1);
      return end && { ...sign(end.sequence, end.head), previousHead, changes: found.map(shown) };
    },
    async signedHead() {
      const { sequence, head } = await headNow();
      return { ...sign(sequence, head), previousHead: head, changes: [] };
    },
    headSequence: async () => (await headNow()).sequence,
    async ownChangesAfter(sequence, limit) {
      const found: CatalogChange[] = [];
      for await (const { change } of list(store, changes, [], { after: [BigInt(sequence)], limit })) {
        found.push(mustSucceed(decodeChange(change)));
      }
      return found;
    },
  };
}

function shown({ sequence, change, salt, hash, isHidden }: StoredChange): ChainedChange {
  return isHidden ? { sequence, change: null, salt: null, hash } : { sequence, change, salt, hash };
}
