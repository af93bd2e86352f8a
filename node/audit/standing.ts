import { ok, type Result } from "../kernel/exchange-error.ts";
import { instantOf } from "../kernel/instant.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Metrics } from "../kernel/metrics.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { Store } from "../storage/port.ts";
import { read, transact } from "../storage/transact.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { namedLog } from "./log-names.ts";
import { isEqual } from "./merkle.ts";
import { type Halt, logHead, rolledBack } from "./store.ts";
import type { Tree } from "./tree.ts";

export type StandingDeps = {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tree: Tree;
  /** This log's key under the name in the trust list, and how many logs it has had. */
  readonly logVkey: string;
  readonly generation: number;
};

/** What a peer shows of our own log: nothing new, a generation we have left behind, or more than this disk holds. */
export type OwnWord = "consistent" | "older-log" | "halted";

/** Whether this log may still write and sign; the refusal if not. */
export async function standing(store: Store): Promise<Result<true>> {
  const head = await read(store, logHead);
  return head?.halted === undefined ? ok(true) : rolledBack(head.halted, head.size);
}

/**
 * A checkpoint of our own log, as a peer has seen it. One that our leaves do not lead to proves that this disk is not the
 * newest: from that commit on nothing is evidenced, so nothing is signed. Source: trust.md §4.
 */
export async function hearOfOwn(deps: StandingDeps, peer: string, note: string): Promise<OwnWord> {
  const { store, tree, logVkey, generation } = deps;
  const signed = openOwn(logVkey, note);
  if (signed === undefined) return "consistent";
  if (signed.generation < generation) return "older-log";
  if (signed.generation === generation) {
    const held = BigInt((await read(store, logHead))?.size ?? "0");
    if (held >= signed.size && isEqual(await rootAt(tree, signed.size), signed.root)) return "consistent";
  }
  await halt(deps, { peer, note, size: String(signed.size), at: instantOf(deps.runtime.nowMs()) });
  return "halted";
}

/** Undefined for what no generation of our log has signed: a peer cannot stop us with words of its own. */
export function openOwn(logVkey: string, note: string) {
  const log = namedLog([{ region: "", logVkey }], note.slice(0, note.indexOf("\n")));
  const opened = log === undefined ? undefined : openCheckpoint(note, [log.vkey]);
  return opened?.ok && log !== undefined ? { ...opened.value, generation: log.generation } : undefined;
}

async function rootAt(tree: Tree, size: bigint) {
  if ((await tree.size()) < size) await tree.grow();
  return await tree.rootAt(size);
}

async function halt({ store, logger, metrics }: StandingDeps, halted: Halt): Promise<void> {
  const isNew = await transact(store, [logHead], (tx) => {
    const head = tx.get(logHead) ?? { size: "0" };
    if (head.halted !== undefined) return ok(false);
    tx.put(logHead, { ...head, halted });
    return ok(true);
  });
  metrics.gauge("audit_halted", 1);
  if (isNew.ok && isNew.value) {
    const fields = { code: "LOG_ROLLED_BACK", peer: halted.peer, signed: halted.size };
    logger.error(
      fields,
      "a peer holds more of this log than this disk does; nothing is written or signed until heliu restore",
    );
  }
}
