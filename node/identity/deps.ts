import type { Runtime } from "../kernel/runtime.ts";
import type { Store } from "../storage/port.ts";
import type { LeafWriter } from "./leaf-writer.ts";
import type { PasswordHasher } from "./password.ts";

/** What users, tokens and sessions work with. */
export type IdentityDeps = {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly region: string;
  readonly leaves: LeafWriter;
  readonly passwords: PasswordHasher;
};
