import type { AnyRef, Tx } from "../storage/transact.ts";

/** What this room leaves as evidence. */
export type IdentityEvent = {
  readonly kind: "trust.changed" | "identity.changed" | "identity.refused";
  readonly atMs: number;
  readonly subject: string;
  readonly actor: string;
  readonly digest: string;
  readonly detail?: { readonly [name: string]: string };
};

/** The audit room's pieces of a commit, handed over so that this room does not depend on that one. */
export type LeafWriter = {
  readonly appendLeafRefs: () => readonly AnyRef[];
  readonly appendLeaf: (tx: Tx, region: string, event: IdentityEvent) => unknown;
};
