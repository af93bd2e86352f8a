import type { SignedChangeBatch } from "../catalog/model.ts";
import type {
  SignedChangeBatch as BatchIn,
  SignedChangeBatch__Output as BatchOut,
} from "./generated/heliu/v1/SignedChangeBatch.ts";

export function fromBatch(batch: SignedChangeBatch): BatchIn {
  return {
    ...batch,
    // An absent field says "you may not see this"; an empty text would be a change whose hash does not hold.
    changes: batch.changes.map(({ sequence, hash, change, salt }) =>
      change === null || salt === null ? { sequence, hash } : { sequence, hash, change, salt },
    ),
  };
}

export function toBatch(sent: BatchOut): SignedChangeBatch {
  return {
    region: sent.region,
    previousHead: sent.previousHead,
    changes: sent.changes.map(({ sequence, hash, change, salt }) => ({
      sequence,
      hash,
      change: change ?? null,
      salt: salt ?? null,
    })),
    sequence: sent.sequence,
    head: sent.head,
    at: sent.at,
    keyId: sent.keyId,
    signature: sent.signature,
  };
}
