export type ProofVerdict =
  | {
      readonly ok: true;
      readonly index: string;
      readonly size: string;
      readonly origin: string;
      readonly root: string;
      readonly witnesses: readonly string[];
      readonly leafHash: string;
    }
  | { readonly ok: false; readonly code: string; readonly zh: string; readonly en: string };

export function verifyProof(given: {
  readonly proof: string;
  readonly leaf: string | Uint8Array;
  readonly logKey: string;
  readonly witnessKeys?: readonly string[];
}): Promise<ProofVerdict>;
