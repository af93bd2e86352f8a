import { vkeyOf } from "../../certs/note-key.ts";
import { type Signer, signerFromPem } from "../kernel/ed25519.ts";

/** Signs C2SP notes. `sign` is plain Ed25519 over the bytes given. */
type NoteSigner = {
  readonly name: string;
  /** As the trust list shows it. */
  readonly vkey: string;
  readonly sign: (message: Uint8Array) => Uint8Array;
};

/** One key per purpose: a signature made for one thing can never be passed off as another. Source: trust.md §1. */
export type NodeKeys = {
  /** Agreements, receipts, statements. */
  readonly statement: Signer;
  readonly log: NoteSigner;
  readonly witness: NoteSigner;
};

export type NodeKeyFiles = {
  readonly statementPem: string;
  readonly logPem: string;
  readonly witnessPem: string;
  /** `<node name>/<region>/log` and `<node name>/<region>/witness`. */
  readonly logName: string;
  readonly witnessName: string;
};

export function nodeKeysFrom(files: NodeKeyFiles): NodeKeys {
  return {
    statement: signerFromPem(files.statementPem),
    log: noteSigner("log", files.logName, signerFromPem(files.logPem)),
    witness: noteSigner("witness", files.witnessName, signerFromPem(files.witnessPem)),
  };
}

function noteSigner(kind: "log" | "witness", name: string, signer: Signer): NoteSigner {
  return { name, vkey: vkeyOf(name, kind, signer.publicKey), sign: signer.sign };
}
