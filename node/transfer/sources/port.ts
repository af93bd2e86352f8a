import type { Result } from "../../kernel/exchange-error.ts";

/** A row with the number of its line in the file, for faults. */
export type SourceRow = { readonly line: number; readonly cells: readonly string[] };

/**
 * A source opened for one reading. `fingerprint` names the state of the source; `isUnchanged` asks whether the source still
 * is what was opened.
 */
export type OpenedSource = {
  readonly fingerprint: string;
  readonly isUnchanged: () => Promise<boolean>;
  readonly close: () => Promise<void>;
} & (
  | {
      readonly kind: "rows";
      readonly header: readonly string[];
      /** The next rows in the order of the source; null at its end. */
      readonly rows: () => Promise<Result<readonly SourceRow[] | null>>;
    }
  | {
      readonly kind: "bytes";
      readonly size: bigint;
      /** Fills `into` from `offset` on; answers how many bytes there were, fewer only at the end. */
      readonly read: (offset: bigint, into: Uint8Array) => Promise<number>;
    }
);

export type CallAnswer = "yes" | "no" | "unknown";

/** What answers the calls of a product. The data behind it never leaves. */
export type CallSource = {
  /** Input fields without which nothing can be looked up. */
  readonly inputs: readonly string[];
  readonly answer: (
    input: { readonly [field: string]: string },
    nowMs: number,
  ) => { readonly [flag: string]: CallAnswer };
};

/** How transfers reach what an entry is made of. */
export type EntrySources = {
  readonly kindFor: (entryId: string) => Promise<"rows" | "bytes" | "calls" | undefined>;
  readonly open: (entryId: string) => Promise<Result<OpenedSource>>;
  readonly calls: (entryId: string) => Promise<Result<CallSource>>;
};
