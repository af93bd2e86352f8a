import { ok } from "../kernel/exchange-error.ts";
import type { Reason } from "../kernel/reason.ts";
import { newTraceId, withTraceId } from "../kernel/trace.ts";
import type { Worker } from "../kernel/worker.ts";
import { leaseRef, withLease } from "../storage/lease.ts";
import { list, read, transact } from "../storage/transact.ts";
import type { TransferDeps } from "./deps.ts";
import { moveTransfer } from "./move-transfer.ts";
import { type PullPorts, pullTransfer } from "./pull-transfer.ts";
import { reasonOf } from "./refusal.ts";
import { pulls, transfers } from "./store.ts";

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 30_000;
/** How long a transfer waits for a process that died while fetching it, before another one on the database goes on. */
const LEASE_MS = 15_000;

/** One stream under way, and the way to stop it at its batch boundary. */
class RunningPull implements PullPorts {
  readonly stopped: Promise<void>;
  stop: () => void = () => {};
  hasProgressed = false;
  done: Promise<void> = Promise.resolve();
  #isStopped = false;
  #isHeld = () => true;

  constructor() {
    this.stopped = new Promise((resolve) => {
      this.stop = () => {
        this.#isStopped = true;
        resolve();
      };
    });
  }

  /** A process that was paused may find that another one has taken the transfer over. */
  holdWhile(isHeld: () => boolean): void {
    this.#isHeld = isHeld;
  }

  readonly isStopped = () => this.#isStopped || !this.#isHeld();
  readonly onProgress = () => {
    this.hasProgressed = true;
  };
}

/** Pulls every transfer that this node is to pull, side by side; opens broken streams again, ever more seldom. */
export class PullWorker implements Worker {
  readonly name = "transfer-pull";
  readonly #deps: TransferDeps;
  readonly #running = new Map<string, RunningPull>();
  readonly #retries = new Map<string, () => void>();
  #isStarted = false;
  #unwatch = () => {};
  #looking: Promise<void> = Promise.resolve();

  constructor(deps: TransferDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#isStarted = true;
    this.#unwatch = this.#deps.store.watch(pulls.prefix, () => this.#look());
    this.#look();
  }

  async stop(): Promise<void> {
    this.#isStarted = false;
    this.#unwatch();
    for (const id of [...this.#retries.keys()]) this.#forget(id);
    for (const pull of this.#running.values()) pull.stop();
    await this.#looking;
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  /** Resolves when no stream runs and none is due; what waits for a retry is not due. */
  async idle(): Promise<void> {
    for (;;) {
      await this.#looking;
      const [pull] = this.#running.values();
      if (pull === undefined) return;
      await pull.done;
    }
  }

  /** Compares what is to be pulled with what is being pulled: the records say it, whoever changed them. */
  #look(): void {
    this.#looking = this.#looking.then(async () => {
      if (!this.#isStarted) return;
      const due = new Set<string>();
      for await (const id of list(this.#deps.store, pulls)) due.add(id);
      for (const [id, pull] of this.#running) if (!due.has(id)) pull.stop();
      for (const id of [...this.#retries.keys()]) if (!due.has(id)) this.#forget(id);
      for (const id of due) if (!this.#running.has(id) && !this.#retries.has(id)) this.#begin(id, 0);
    });
    this.#looking = this.#looking.catch((fault) => {
      this.#deps.logger.error({ fault }, "cannot list the transfers to pull");
    });
  }

  #begin(id: string, attempts: number): void {
    if (!this.#isStarted) return;
    const pull = new RunningPull();
    this.#running.set(id, pull);
    pull.done = this.#pullOnce(id, pull)
      .catch((fault) => {
        this.#deps.logger.error({ transfer: id, fault }, "pulling failed");
        return "retry" as const;
      })
      .then((end) => {
        this.#running.delete(id);
        // Resumed while this stream was ending: its wake-up found the stream still running.
        if (end === "stopped") this.#look();
        if (end === "retry") this.#retryLater(id, pull.hasProgressed ? 0 : attempts);
        if (end === "elsewhere") this.#waitForLease(id);
      });
  }

  /** Another process fetches it; when it gives the lease back, or dies with it, we look again. */
  #waitForLease(id: string): void {
    if (!this.#isStarted) return;
    const again = () => {
      this.#forget(id);
      this.#begin(id, 0);
    };
    const cancelTimer = this.#deps.scheduler.after(LEASE_MS, again);
    const unwatch = this.#deps.store.watch(leaseRef(leaseOf(id)).key, again);
    this.#retries.set(id, () => {
      cancelTimer();
      unwatch();
    });
  }

  #retryLater(id: string, attempts: number): void {
    if (!this.#isStarted) return;
    const delayMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempts);
    const cancel = this.#deps.scheduler.after(delayMs, () => {
      this.#retries.delete(id);
      this.#begin(id, attempts + 1);
    });
    this.#retries.set(id, cancel);
  }

  #forget(id: string): void {
    this.#retries.get(id)?.();
    this.#retries.delete(id);
  }

  async #pullOnce(id: string, pull: RunningPull): Promise<"over" | "stopped" | "retry" | "elsewhere"> {
    const leased = { ...this.#deps, owner: this.#deps.owner ?? this.#deps.region };
    const fetched = await withLease(
      leased,
      leaseOf(id),
      (isHeld) => {
        pull.holdWhile(isHeld);
        // One trace for a stream: what both regions log of it is found together.
        return withTraceId(newTraceId(this.#deps.runtime), () => pullTransfer(this.#deps, id, pull));
      },
      LEASE_MS,
    );
    if (fetched === undefined) return "elsewhere";
    const end = fetched.value;
    if (!end.ok) {
      this.#deps.logger.warn({ transfer: id, code: end.error.code }, "a pull ended the transfer");
      const move = { event: "terminate", actor: "node", comment: null, reason: reasonOf(end.error) } as const;
      await moveTransfer(this.#deps, id, move);
      return "over";
    }
    if (end.value.kind !== "interrupted") return end.value.kind === "completed" ? "over" : "stopped";
    await noteReason(this.#deps, id, end.value.reason);
    return "retry";
  }
}

function leaseOf(id: string): string {
  return `transfer/${id}`;
}

/** What the provider said stands with the transfer while it waits, so that people see whose turn it is. */
async function noteReason({ store }: TransferDeps, id: string, reason: Reason | null): Promise<void> {
  if (reason === null) return;
  const before = await read(store, transfers.at(id));
  if (before?.reason?.code === reason.code) return;
  await transact(store, [transfers.at(id)], (tx) => {
    const transfer = tx.get(transfers.at(id));
    if (transfer?.state === "STARTED") tx.put(transfers.at(id), { ...transfer, reason });
    return ok(undefined);
  });
}
