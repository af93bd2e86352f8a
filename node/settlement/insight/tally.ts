import type { HeldReceipt } from "../../metering/model.ts";
import type { Delivered, ExceptionKind, ExceptionTally } from "./equation.ts";

export type Standing = "settled" | ExceptionKind;

/** Counts the receipts of one line one by one, each once. */
export type Tally = {
  readonly add: (
    quantity: bigint,
    isFree: boolean,
    standing: Standing,
  ) => "charged" | "freeQuota" | "waived" | ExceptionKind;
  /** What was answered but is in no receipt yet. */
  readonly addUnreceipted: (quantity: bigint, isFree: boolean) => void;
  readonly delivered: () => Delivered;
};

/** `quotaLeft`: free units that the quota still grants this line; null: the agreement has none. */
export function newTally(quotaLeft: bigint | null): Tally {
  let commercial = 0n;
  let free = 0n;
  let commercialReceipts = 0;
  let freeQuotaReceipts = 0;
  let waivedReceipts = 0;
  const exceptions = new Map<ExceptionKind, ExceptionTally>();

  function except(kind: ExceptionKind, quantity: bigint, isFree: boolean, receipts: number): void {
    const before = exceptions.get(kind) ?? { commercial: 0n, free: 0n, receipts: 0 };
    exceptions.set(kind, {
      commercial: before.commercial + (isFree ? 0n : quantity),
      free: before.free + (isFree ? quantity : 0n),
      receipts: before.receipts + receipts,
    });
  }

  return {
    add(quantity, isFree, standing) {
      if (standing !== "settled") {
        except(standing, quantity, isFree, 1);
        return standing;
      }
      if (!isFree) {
        commercial += quantity;
        commercialReceipts++;
        return "charged";
      }
      // A receipt that crosses the end of the quota counts where it begins.
      const isQuota = quotaLeft !== null && free < quotaLeft;
      free += quantity;
      if (isQuota) freeQuotaReceipts++;
      else waivedReceipts++;
      return isQuota ? "freeQuota" : "waived";
    },
    addUnreceipted(quantity, isFree) {
      if (quantity > 0n) except("unreceipted", quantity, isFree, 0);
    },
    delivered: () => ({ commercial, free, commercialReceipts, freeQuotaReceipts, waivedReceipts, exceptions }),
  };
}

/** What a receipt says of one metric; an absent one is none of it. */
export function quantityOf({ core }: Pick<HeldReceipt, "core">, metric: string): bigint {
  return BigInt(core.usage[metric] ?? "0");
}
