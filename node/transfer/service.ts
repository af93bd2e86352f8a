import type { Peer, Principal } from "../identity/model.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { msOf } from "../kernel/instant.ts";
import type { Worker } from "../kernel/worker.ts";
import { agreements } from "../negotiation/store.ts";
import type { TopicHandler } from "../outbox/model.ts";
import { list, read } from "../storage/transact.ts";
import { createCallDesk } from "./answer-calls.ts";
import { CallClient } from "./call-product.ts";
import { resumeTransfer, suspendTransfer, terminateTransfer } from "./control-transfer.ts";
import type { TransferDeps } from "./deps.ts";
import { transferHandler } from "./handler.ts";
import type { Transfer, TransferSelection } from "./model.ts";
import { createProviderStreams, type ProviderStreams } from "./provider-streams.ts";
import { PullWorker } from "./pull-worker.ts";
import { notFound, refuseTransfer } from "./refusal.ts";
import { startTransfer } from "./start-transfer.ts";
import { transferOrder, transfers, transfersByPeer } from "./store.ts";
import type { Frame, InvokeAnswer, InvokeRequest, PullControl } from "./wire.ts";

export type TransferRequest = { readonly agreementId: string; readonly selection?: TransferSelection };

export type TransferQuery = {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly agreement?: string | undefined;
  readonly state?: string | undefined;
};

/** `sha256` is null, and `complete` false, while the transfer still runs. */
export type Content = {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string | null;
  readonly complete: boolean;
};

type Control = (actor: Principal, id: string, comment?: string) => Promise<Result<Transfer>>;

/** Begins the background work when called without arguments (it is a worker), or a transfer for an actor. */
type Start = { (): void; (actor: Principal, request: TransferRequest): Promise<Result<Transfer>> };

export type Transfers = Worker & {
  readonly start: Start;
  readonly suspend: Control;
  readonly resume: Control;
  readonly terminate: Control;
  readonly get: (id: string) => Promise<Result<Transfer>>;
  /** Newest first. */
  readonly list: (query: TransferQuery) => Promise<{ items: Transfer[]; next: string | null }>;
  readonly content: (id: string) => Promise<Result<Content>>;
  readonly call: CallClient["call"];
  readonly handler: TopicHandler;
  readonly pull: (peer: Peer, controls: AsyncIterable<PullControl>) => AsyncIterable<Frame>;
  readonly invoke: (peer: Peer, request: InvokeRequest) => Promise<Result<InvokeAnswer>>;
  readonly findForPeer: (peer: string, pid: string) => Promise<Result<Transfer>>;
  /** Ends live streams at once, for instance those of a peer that is no longer trusted. */
  readonly stopStreams: (which: { readonly agreementId?: string; readonly peer?: string }) => Promise<void>;
  /** Resolves when no stream and no signing is under way; what waits for a retry is not due. */
  readonly idle: () => Promise<void>;
};

export function createTransfers(deps: TransferDeps): Transfers {
  const streams = createProviderStreams(deps);
  const pulling = new PullWorker(deps);
  const desk = createCallDesk(deps);
  const calls = new CallClient(deps);
  const parts: readonly Worker[] = [pulling, desk, calls];
  let unwatch = () => {};

  function begin(): void {
    unwatch = deps.store.watch(agreements.prefix, () => {
      streams.stopEnded().catch((fault) => deps.logger.error({ fault }, "cannot stop streams of ended agreements"));
    });
    for (const part of parts) part.start();
  }

  async function control(change: typeof suspendTransfer, actor: Principal, id: string, comment?: string) {
    const changed = await change(deps, actor, id, comment);
    if (changed.ok) await stopOwn(streams, changed.value);
    return changed;
  }

  return {
    name: "transfers",
    start: startOf(deps, begin),
    async stop() {
      unwatch();
      await streams.stop({}, "at-once");
      await Promise.all(parts.map((part) => part.stop()));
    },
    suspend: (actor, id, comment) => control(suspendTransfer, actor, id, comment),
    resume: (actor, id, comment) => control(resumeTransfer, actor, id, comment),
    terminate: (actor, id, comment) => control(terminateTransfer, actor, id, comment),
    get: async (id) => {
      const transfer = await read(deps.store, transfers.at(id));
      return transfer === undefined ? notFound(id) : ok(transfer);
    },
    list: (query) => listTransfers(deps, query),
    content: (id) => contentOf(deps, id),
    call: calls.call,
    handler: transferHandler(deps, streams),
    pull: streams.pull,
    invoke: desk.invoke,
    findForPeer: (peer, pid) => findForPeer(deps, peer, pid),
    stopStreams: (which) => streams.stop(which, "at-once"),
    async idle() {
      await pulling.idle();
      await calls.idle();
    },
  };
}

function startOf(deps: TransferDeps, begin: () => void): Start {
  function start(): void;
  function start(actor: Principal, request: TransferRequest): Promise<Result<Transfer>>;
  function start(actor?: Principal, request?: TransferRequest): undefined | Promise<Result<Transfer>> {
    if (actor !== undefined && request !== undefined) {
      return startTransfer(deps, actor, { agreementId: request.agreementId, selection: request.selection ?? {} });
    }
    begin();
    return undefined;
  }
  return start;
}

/** A provider that stops a transfer lets its stream end at the batch boundary; one that ends it, at once. */
async function stopOwn(streams: ProviderStreams, { id, role, state }: Transfer): Promise<void> {
  if (role !== "provider" || state === "STARTED") return;
  await streams.stop({ transferId: id }, state === "TERMINATED" ? "at-once" : "at-boundary");
}

async function listTransfers({ store }: TransferDeps, { limit, cursor, agreement, state }: TransferQuery) {
  const items: Transfer[] = [];
  const after = cursor === undefined ? undefined : cursorParts(cursor);
  for await (const id of list(store, transferOrder, [], { reverse: true, ...(after === undefined ? {} : { after }) })) {
    const transfer = await read(store, transfers.at(id));
    if (transfer === undefined) continue;
    if (agreement !== undefined && transfer.agreementId !== agreement) continue;
    if (state !== undefined && transfer.state !== state) continue;
    items.push(transfer);
    if (items.length > limit) break;
  }
  const last = items.length > limit ? items[limit - 1] : undefined;
  return { items: items.slice(0, limit), next: last === undefined ? null : `${last.createdAt}~${last.id}` };
}

/** A cursor that this node did not make leads to the first page. */
function cursorParts(cursor: string): readonly [number, string] | undefined {
  const [at = "", id = ""] = cursor.split("~");
  const ms = msOf(at);
  return Number.isFinite(ms) ? [ms, id] : undefined;
}

async function contentOf({ store, content }: TransferDeps, id: string): Promise<Result<Content>> {
  const transfer = await read(store, transfers.at(id));
  if (transfer === undefined) return notFound(id);
  const found = transfer.role === "consumer" ? await content.locate(id) : undefined;
  if (found === undefined) return noContent(id);
  const complete = found.isComplete && transfer.state === "COMPLETED";
  // A file that still grows is given as far as it is durable and signed for.
  const bytes = complete ? found.bytes : Math.min(found.bytes, Number(transfer.bytes));
  return ok({ path: found.path, bytes, sha256: transfer.sha256, complete });
}

/** By the peer's pid or ours; only among the transfers with that peer. */
async function findForPeer({ store }: TransferDeps, peer: string, pid: string): Promise<Result<Transfer>> {
  const id = (await read(store, transfersByPeer.at(peer, pid))) ?? pid;
  const transfer = await read(store, transfers.at(id));
  return transfer === undefined || transfer.peer !== peer ? notFound(pid) : ok(transfer);
}

function noContent(id: string) {
  return refuseTransfer(
    "CONTENT_MISSING",
    "transfer.content",
    {
      zh: "本节点没有这次传输的内容文件:可能尚未收到数据,或本节点是提供方。",
      en: "This node holds no content of the transfer: nothing has arrived yet, or this node is the provider.",
    },
    { id },
  );
}
