import type { HeldReceipt } from "../metering/model.ts";
import type { ReceiptRow } from "../metering/row.ts";
import { type RowQuery, rowMonths, rowPages } from "../metering/row-pages.ts";
import { chainHeads, receipts } from "../metering/store.ts";
import { unsignedIn } from "../metering/unsigned.ts";
import type { Agreement } from "../negotiation/model.ts";
import { allAgreements, findAgreement } from "../negotiation/store.ts";
import type { Store } from "../storage/port.ts";
import { read } from "../storage/transact.ts";
import type { Through } from "./messages.ts";
import type { SeqRanges } from "./seq-ranges.ts";

export type AgreementSource = {
  readonly find: (agreementId: string) => Promise<Agreement | undefined>;
  readonly all: () => AsyncIterable<Agreement>;
};

/** The receipts of an agreement as settling reads them. */
export type ReceiptSource = {
  /** What is complete and not marked as settled, in the order of ids: all that a statement is computed from. */
  readonly rows: (query: RowQuery) => AsyncIterable<readonly ReceiptRow[]>;
  /** The months that such rows are of, up to this one, oldest first; found without reading the rows. */
  readonly months: (agreementId: string, throughPeriod: string) => Promise<readonly string[]>;
  /** Up to where each chain is complete, and how many receipts of the period or earlier lack a signature. */
  readonly completeness: (
    agreementId: string,
    throughPeriod: string,
  ) => Promise<{ readonly through: Through; readonly missing: number }>;
};

export function agreementsIn(store: Store): AgreementSource {
  return {
    find: (agreementId) => findAgreement(store, agreementId),
    all: () => allAgreements(store),
  };
}

export function receiptsIn(store: Store): ReceiptSource {
  return {
    rows: (query) => rowPages(store, query),
    months: (agreementId, throughPeriod) => rowMonths(store, { agreementId, throughPeriod }),
    async completeness(agreementId, throughPeriod) {
      const forward = await directionOf(store, agreementId, "forward", throughPeriod);
      const reverse = await directionOf(store, agreementId, "reverse", throughPeriod);
      return {
        through: { forward: forward.through, reverse: reverse.through },
        missing: forward.missing + reverse.missing,
      };
    },
  };
}

/** The receipts with these numbers, in the order of the chains: what lies between the ranges is not read. */
export async function* receiptsInRanges(
  store: Store,
  agreementId: string,
  ranges: SeqRanges,
): AsyncGenerator<HeldReceipt> {
  for (const direction of ["forward", "reverse"] as const) {
    for (const [first, last] of ranges[direction]) {
      const { key: from } = receipts.at(agreementId, direction, BigInt(first));
      const { key: to } = receipts.at(agreementId, direction, BigInt(last) + 1n);
      for await (const [, bytes] of store.range({ from, to })) yield receipts.codec.decode(bytes);
    }
  }
}

async function directionOf(store: Store, agreementId: string, direction: keyof Through, throughPeriod: string) {
  let firstMissing: bigint | undefined;
  let missing = 0;
  for await (const { core } of unsignedIn(store, agreementId, direction)) {
    // Later months wait for their own close.
    if (core.periodId > throughPeriod) continue;
    missing++;
    firstMissing ??= BigInt(core.seq);
  }
  const head = (await read(store, chainHeads.at(agreementId, direction)))?.seq ?? "0";
  return { through: firstMissing === undefined ? head : (firstMissing - 1n).toString(), missing };
}
