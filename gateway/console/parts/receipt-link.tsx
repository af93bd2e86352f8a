import { RECEIPT_READERS } from "../../readers.ts";
import { quantity } from "../../reports/money.ts";
import { holds, type View } from "../view.ts";

/** The number of a receipt; it opens the receipt for those who may read it. */
export function ReceiptLink({ view, id, seq }: { view: View; id: string; seq: string }) {
  if (!holds(view, ...RECEIPT_READERS)) return <span>{quantity(seq)}</span>;
  return <a href={`/console/receipts/${encodeURIComponent(id)}`}>{quantity(seq)}</a>;
}
