import { runningSha256 } from "../kernel/digest.ts";

/**
 * The digest of each batch beside that of the whole: a receipt covers the bytes of its own batch and can be checked alone
 * (settlement.md §9); the end of the transfer covers everything.
 */
export type ContentDigests = {
  readonly update: (piece: Uint8Array) => void;
  /** Of what came since the last call. */
  readonly takeBatch: () => string;
  readonly whole: () => string;
};

export function contentDigests(): ContentDigests {
  const whole = runningSha256();
  let batch = runningSha256();
  return {
    update(piece) {
      whole.update(piece);
      batch.update(piece);
    },
    takeBatch() {
      const digest = batch.hex();
      batch = runningSha256();
      return digest;
    },
    whole: whole.hex,
  };
}
