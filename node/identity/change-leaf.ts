import { digestOf } from "../kernel/canonical-json.ts";
import { instantOf } from "../kernel/instant.ts";
import type { Tx } from "../storage/transact.ts";
import type { LeafWriter } from "./leaf-writer.ts";
import type { Role } from "./model.ts";

export type IdentityChange = {
  /** `user/<id>` or `token/<id>`: leaves never name persons. */
  readonly subject: string;
  readonly actor: string;
  readonly what: "user.added" | "user.disabled" | "user.enabled" | "token.created" | "token.revoked";
  readonly roles: readonly Role[];
  readonly nowMs: number;
};

/** Evidence that rights were given or taken away. */
export function changeLeaf(
  deps: { readonly leaves: LeafWriter; readonly region: string },
  tx: Tx,
  { subject, actor, what, roles, nowMs }: IdentityChange,
): void {
  const detail = { what, roles: roles.join(" ") };
  const digest = digestOf({ subject, at: instantOf(nowMs), ...detail });
  deps.leaves.appendLeaf(tx, deps.region, { kind: "identity.changed", atMs: nowMs, subject, actor, digest, detail });
}
