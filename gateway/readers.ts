import type { Role } from "../node/identity/model.ts";
import { STATEMENT_READERS } from "../node/settlement/period-view.ts";

/** Who may read which figures that people decide by, over the interface and in the console alike. */
export const INSIGHT_READERS = {
  whatIf: STATEMENT_READERS,
  supplier: [...STATEMENT_READERS, "publisher"],
  forecast: [...STATEMENT_READERS, "requester", "publisher"],
  disclosure: [...STATEMENT_READERS, "publisher", "admin"],
} as const satisfies { readonly [figures: string]: readonly Role[] };

/** Who may follow a figure down to receipts and single calls: also those who sign what was computed from them. */
export const RECEIPT_READERS = [...STATEMENT_READERS, "requester", "publisher"] as const satisfies readonly Role[];
