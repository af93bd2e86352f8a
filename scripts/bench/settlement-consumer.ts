import { parentPort, workerData } from "node:worker_threads";
import { mustSucceed, ok } from "../../node/kernel/exchange-error.ts";
import { createUsagePosting } from "../../node/ledger/usage-posting.ts";
import { acceptReceipt, acceptReceiptRefs, completeReceipt, completeReceiptRefs } from "../../node/metering/accept.ts";
import { checkOffered, signCore } from "../../node/metering/receipt.ts";
import type { MeteringParts } from "../../node/metering/store.ts";
import { openLevelStore } from "../../node/storage/level.ts";
import { transact } from "../../node/storage/transact.ts";
import { CONSUMER, consumerSigner, keysOfBoth } from "./settlement-material.ts";

export type Offered = { readonly text: string; readonly signature: string };

/** The consumer's half, on the other core: verifies, takes into the chain, posts, signs, writes its leaf; all durable. */
const store = await openLevelStore(workerData.directory);
const nowMs = Date.now();
const parts: MeteringParts = {
  region: CONSUMER,
  signer: consumerSigner,
  posting: createUsagePosting({ nowMs: () => nowMs }),
};

async function keep({ text, signature }: Offered): Promise<string> {
  const checked = mustSucceed(checkOffered(text, signature, keysOfBoth));
  const { core } = checked;
  const own = signCore(consumerSigner, core);
  const refs = [...acceptReceiptRefs(core, parts), ...completeReceiptRefs(core)];
  const kept = await transact(store, refs, (tx) => {
    const accepted = acceptReceipt(tx, parts, checked, signature, nowMs);
    if (!accepted.ok) return accepted;
    completeReceipt(tx, parts, core, own, nowMs);
    return ok(own);
  });
  return mustSucceed(kept);
}

parentPort?.on("message", async (offers: readonly Offered[] | "close") => {
  if (offers === "close") {
    await store.close();
    parentPort?.close();
    return;
  }
  parentPort?.postMessage(await Promise.all(offers.map(keep)));
});
