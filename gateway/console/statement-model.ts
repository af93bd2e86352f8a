import type { HeldReceipt } from "../../node/metering/model.ts";
import type { InvoiceFacts } from "../../node/payments/invoice-facts.ts";
import type { StatementMoney } from "../../node/payments/money-state.ts";
import type { DisputeView } from "../../node/settlement/dispute-view.ts";
import type { PartyDerivation } from "../../node/settlement/insight/derivation.ts";
import type { StatementEquation } from "../../node/settlement/insight/equation-view.ts";
import type { StatementView } from "../../node/settlement/period-view.ts";
import type { Names } from "../reports/labels.ts";

/** What the page of a statement and its parts show. */
export type StatementModel = {
  readonly one: StatementView;
  readonly names: Names;
  /** Null where the reader may not see them. */
  readonly receipts: readonly HeldReceipt[] | null;
  /** It reads every receipt: with very many of them only when it is asked for. */
  readonly equation: StatementEquation | "on-request" | undefined;
  readonly derivations: readonly PartyDerivation[];
  readonly money: StatementMoney | undefined;
  readonly invoice: InvoiceFacts | undefined;
  readonly disputes: readonly DisputeView[];
  readonly done: string | undefined;
};
