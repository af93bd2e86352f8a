import { requireRole } from "../identity/authorise.ts";
import type { Principal } from "../identity/model.ts";
import { type Failure, ok, type Result } from "../kernel/exchange-error.ts";
import { newUlid } from "../kernel/ids.ts";
import type { Worker } from "../kernel/worker.ts";
import type { Agreement } from "../negotiation/model.ts";
import { unknownAgreement } from "../negotiation/refusal.ts";
import { agreements } from "../negotiation/store.ts";
import type { Purpose } from "../policy/model.ts";
import { list, read, transact } from "../storage/transact.ts";
import { callBooks } from "./call-store.ts";
import type { TransferDeps } from "./deps.ts";
import { refusalOf } from "./meter-calls.ts";
import { refuseTransfer } from "./refusal.ts";
import { notAlive } from "./start-transfer.ts";
import { WindowBook } from "./window-book.ts";
import type { AnsweredCall, InvokeAnswer, InvokeRequest, RefusedCall } from "./wire.ts";

type Input = { readonly [field: string]: string };

export type CallsAnswer = {
  readonly answered: number;
  readonly refused: number;
  /** In the order of the inputs. */
  readonly answers: readonly ({ readonly callId: string; readonly output: AnsweredCall["output"] } | RefusedCall)[];
};

export type ProductCalls = Worker & {
  readonly call: (
    actor: Principal,
    agreementId: string,
    inputs: readonly Input[],
    options: {
      readonly purpose: Purpose;
      /** One for each input, unique in the agreement: calls made again under their ids are not metered again. */
      readonly callIds?: readonly string[] | undefined;
    },
  ) => Promise<Result<CallsAnswer>>;
  readonly idle: () => Promise<void>;
};

const CALL_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;
const CALLS_PER_REQUEST = 64;
const REQUESTS_IN_FLIGHT = 4;
const ATTEMPTS = 6;
const FIRST_RETRY_MS = 100;
const RETRY_FLUSH_MS = 5_000;
/** A flush asks, signs, and confirms; more rounds only after losses. */
const FLUSH_ROUNDS = 8;

type Account = {
  readonly agreement: Agreement;
  readonly book: WindowBook;
  sinceMs: number;
  inFlight: number;
  flushing: Promise<boolean> | undefined;
};

/** The consumer's side of calls: many inputs in few requests, and every window signed in the end. */
export class CallClient implements ProductCalls {
  readonly name = "transfer-call-receipts";
  readonly #deps: TransferDeps;
  readonly #accounts = new Map<string, Account>();
  readonly #retries = new Map<string, () => void>();
  #isStarted = false;

  constructor(deps: TransferDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#isStarted = true;
    this.#flushAll().catch((fault) => this.#deps.logger.error({ fault }, "cannot list the calls to sign for"));
  }

  async stop(): Promise<void> {
    this.#isStarted = false;
    for (const cancel of this.#retries.values()) cancel();
    this.#retries.clear();
    await this.idle();
  }

  async idle(): Promise<void> {
    await Promise.all([...this.#accounts.values()].map(({ flushing }) => flushing));
  }

  readonly call: ProductCalls["call"] = async (actor, agreementId, inputs, { purpose, callIds }) => {
    const role = requireRole(actor, "requester");
    if (!role.ok) return role;
    const agreement = await read(this.#deps.store, agreements.at(agreementId));
    if (agreement === undefined || agreement.role !== "consumer") return unknownAgreement();
    if (agreement.status !== "in-force") return notAlive(agreementId, agreement.status);
    const calls = this.#numbered(inputs, callIds);
    if (!calls.ok) return calls;
    const account = await this.#open(agreement);
    const answers = await this.#callAll(account, calls.value, purpose);
    await this.#leave(account);
    const refused = answers.filter((answer) => "refusal" in answer).length;
    return ok({ answered: answers.length - refused, refused, answers });
  };

  /** The record says that windows may be unsigned, so that a node that starts again asks for them. */
  async #open(agreement: Agreement): Promise<Account> {
    const { id } = agreement;
    let account = this.#accounts.get(id);
    if (account === undefined) {
      const book = new WindowBook(this.#deps, agreement);
      account = { agreement, book, sinceMs: this.#deps.runtime.nowMs(), inFlight: 0, flushing: undefined };
      this.#accounts.set(id, account);
    }
    account.inFlight += 1;
    const { sinceMs } = account;
    const opened = await transact(this.#deps.store, [callBooks.at(id)], (tx) => {
      const record = tx.get(callBooks.at(id));
      if (record === undefined) tx.put(callBooks.at(id), { agreementId: id, sinceMs });
      return ok(record?.sinceMs ?? sinceMs);
    });
    if (opened.ok) account.sinceMs = Math.min(account.sinceMs, opened.value);
    return account;
  }

  #numbered(inputs: readonly Input[], callIds: readonly string[] | undefined): Result<InvokeRequest["inputs"]> {
    const ids = callIds ?? inputs.map(() => newUlid(this.#deps.runtime));
    const isUsable = ids.length === inputs.length && new Set(ids).size === ids.length;
    if (!isUsable || !ids.every((id) => CALL_ID.test(id))) return idsInvalid();
    return ok(inputs.map((input, i) => ({ callId: ids[i] ?? "", input })));
  }

  async #callAll(account: Account, calls: InvokeRequest["inputs"], purpose: Purpose): Promise<CallsAnswer["answers"]> {
    const answers = new Map<string, CallsAnswer["answers"][number]>();
    let pending = calls;
    // What waits for signatures is asked again after signing; twice is enough unless the peer never takes them.
    for (let round = 0; round < 3 && pending.length > 0; round++) {
      if (round > 0) await this.#settle(account);
      await this.#inChunks(account, pending, purpose, answers);
      pending = pending.filter(({ callId }) => isWaiting(answers.get(callId)));
    }
    return calls.map(({ callId }) => answers.get(callId)).filter((answer) => answer !== undefined);
  }

  async #inChunks(
    account: Account,
    calls: InvokeRequest["inputs"],
    purpose: Purpose,
    answers: Map<string, CallsAnswer["answers"][number]>,
  ): Promise<void> {
    const chunks: InvokeRequest["inputs"][] = [];
    for (let at = 0; at < calls.length; at += CALLS_PER_REQUEST) chunks.push(calls.slice(at, at + CALLS_PER_REQUEST));
    const work = async () => {
      for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) {
        const answer = await this.#invoke(account, chunk, purpose, false);
        if (!answer.ok) {
          for (const { callId } of chunk) answers.set(callId, { callId, refusal: refusalOf(answer.error) });
          continue;
        }
        for (const each of answer.value.answers) {
          answers.set(each.callId, "refusal" in each ? each : { callId: each.callId, output: each.output });
        }
      }
    };
    await Promise.all(Array.from({ length: REQUESTS_IN_FLIGHT }, work));
  }

  /** One request, repeated under the same ids while the peer is away: a call is metered once however often it is sent. */
  async #invoke(
    { agreement, book, sinceMs }: Account,
    inputs: InvokeRequest["inputs"],
    purpose: Purpose,
    flush: boolean,
  ): Promise<Result<InvokeAnswer>> {
    const messageId = newUlid(this.#deps.runtime);
    const due = book.due();
    const { keyId } = this.#deps.signer;
    const request = { messageId, agreementId: agreement.id, purpose, inputs, consumerKeyId: keyId, flush, ...due };
    let answer = await this.#deps.data.invoke(agreement.peer, request);
    for (let attempt = 1; attempt < ATTEMPTS && mayTryAgain(answer); attempt++) {
      await this.#pause(FIRST_RETRY_MS * 2 ** (attempt - 1));
      answer = await this.#deps.data.invoke(agreement.peer, request);
    }
    if (!answer.ok) return answer;
    book.sent(due.signatures);
    for (const each of answer.value.answers) if ("output" in each) book.note(each, purpose);
    const taken = await book.take(answer.value, sinceMs, flush);
    if (!taken.ok)
      this.#deps.logger.warn({ agreement: agreement.id, code: taken.error.code }, "a window is not signed");
    return answer;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#deps.scheduler.after(ms, resolve);
    });
  }

  /** Others still call: the last one of them settles for all. */
  async #leave(account: Account): Promise<void> {
    account.inFlight -= 1;
    if (account.inFlight === 0) await this.#settle(account);
  }

  /** Has the open window closed, signs, and hands the signatures over. One at a time per agreement; callers share it. */
  async #settle(account: Account): Promise<void> {
    account.flushing ??= this.#flushNow(account).finally(() => {
      account.flushing = undefined;
    });
    const isSettled = await account.flushing;
    if (!isSettled) this.#retryLater(account);
  }

  async #flushNow(account: Account): Promise<boolean> {
    const { agreement, book } = account;
    const [purpose = "industrial"] = agreement.terms.purposes;
    for (let round = 0; round < FLUSH_ROUNDS; round++) {
      const answer = await this.#invoke(account, [], purpose, true);
      if (!answer.ok) {
        this.#deps.logger.debug({ agreement: agreement.id, code: answer.error.code }, "windows stay unsigned for now");
        return false;
      }
      const { open, windows } = answer.value;
      if (!open && windows.length === 0 && book.isSettled()) return this.#close(account);
      // A window that we may not sign stays where it is, however often it is offered.
      if (!open && book.isSettled()) return false;
    }
    return false;
  }

  async #close(account: Account): Promise<boolean> {
    if (account.inFlight > 0) return true;
    const { agreement } = account;
    await transact(this.#deps.store, [], (tx) => ok(tx.remove(callBooks.at(agreement.id))));
    return true;
  }

  #retryLater(account: Account): void {
    const { id } = account.agreement;
    if (!this.#isStarted || this.#retries.has(id)) return;
    const cancel = this.#deps.scheduler.after(RETRY_FLUSH_MS, () => {
      this.#retries.delete(id);
      this.#settle(account).catch((fault) => this.#deps.logger.error({ agreement: id, fault }, "cannot flush calls"));
    });
    this.#retries.set(id, cancel);
  }

  async #flushAll(): Promise<void> {
    for await (const { agreementId } of list(this.#deps.store, callBooks)) {
      const agreement = await read(this.#deps.store, agreements.at(agreementId));
      if (agreement !== undefined) await this.#leave(await this.#open(agreement));
    }
  }
}

function idsInvalid(): Failure {
  return refuseTransfer("CALL_IDS_INVALID", "call.callIds", {
    zh: "调用编号(callIds)须与输入一一对应、互不重复,由 1–64 个字母、数字或 . _ : - 组成;请改正后重试。",
    en: "Call ids must be as many as the inputs, all different, each 1 to 64 letters, digits or . _ : -; correct them and try again.",
  });
}

function isWaiting(answer: CallsAnswer["answers"][number] | undefined): boolean {
  return answer !== undefined && "refusal" in answer && answer.refusal.code === "WINDOW_UNSIGNED";
}

function mayTryAgain(answer: Result<InvokeAnswer>): answer is Failure {
  return !answer.ok && (answer.error.kind === "unavailable" || answer.error.kind === "not-yet");
}
