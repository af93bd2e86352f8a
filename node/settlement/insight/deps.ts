import type { Logger } from "../../kernel/logger.ts";
import type { Metrics } from "../../kernel/metrics.ts";
import type { Runtime } from "../../kernel/runtime.ts";
import type { Scheduler } from "../../kernel/scheduler.ts";
import type { Store } from "../../storage/port.ts";
import type { AgreementSource, ReceiptSource } from "../sources.ts";

/** What the figures that people decide by are made of. They read the books; they never write into a settlement. */
export type InsightDeps = {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** This node's own region. */
  readonly region: string;
  readonly agreements: AgreementSource;
  readonly receipts: ReceiptSource;
};
