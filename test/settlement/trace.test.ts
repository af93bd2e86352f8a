import { expect, it } from "vitest";
import { mustSucceed, ok } from "../../node/kernel/exchange-error.ts";
import { numberIn, putNext } from "../../node/metering/store.ts";
import { agreements } from "../../node/negotiation/store.ts";
import { checkAbout, traceAbout } from "../../node/objections/trace.ts";
import { openMemoryStore } from "../../node/storage/memory.ts";
import { transact } from "../../node/storage/transact.ts";
import { batches, transfersByPeer } from "../../node/transfer/store.ts";
import { readsOf } from "../fixtures/reads-of.ts";
import { AGR_7, agreementOf, receiptChain } from "./two-regions.ts";

const CALLS = "TR-CALLS";
const MOVED = "TR-MOVED";

/** A long chain of calls, in which numbers 90 to 92 are of one transfer, and 95 takes its last batch back. */
async function longChain(side: "provider" | "consumer") {
  const store = openMemoryStore();
  const agreement = agreementOf(AGR_7, side);
  const own = side === "provider" ? MOVED : "OUR-NAME";
  const used = Array.from({ length: 100 }, () => {
    return { productId: "elevator-1", usage: { calls: "1" }, at: "2026-10-05T08:00:00.000Z" };
  });
  await transact(store, [], (tx) => {
    tx.put(agreements.at("AGR-7"), agreement);
    if (side === "consumer") tx.put(transfersByPeer.at(agreement.peer, MOVED), own);
    for (const receipt of receiptChain("AGR-7", used)) {
      const { receiptId, seq } = receipt.core;
      const isMoved = ["90", "91", "92", "95"].includes(seq);
      putNext(tx, { ...receipt, core: { ...receipt.core, transferId: isMoved ? MOVED : CALLS } });
      const batch = { receiptId, seq, rows: "1", bytes: "1", sha256: "", end: "", signature: null };
      if (isMoved && seq !== "95") tx.put(batches.at(own, BigInt(seq) - 89n), batch);
    }
    return ok(true);
  });
  const keys = readsOf(store);
  const numbers = () => keys.filter((key) => key.startsWith("receipt/")).map((key) => Number(numberIn(key)));
  return { store, numbers, begin: () => void keys.splice(0) };
}

const about = (transferId: string) => ({ agreementId: "AGR-7", about: { kind: "transfer", transferId } }) as const;

it.each(["provider", "consumer"] as const)(
  "finds what an objection is about by the first batch, at the %s",
  async (side) => {
    const { store, numbers, begin } = await longChain(side);
    mustSucceed(await checkAbout(store, about(MOVED)));
    expect(numbers()).toEqual([90]);
    begin();
    expect((await traceAbout(store, about(MOVED))).map(({ seq }) => seq)).toEqual(["90", "91", "92", "95"]);
    // What took a batch back may stand anywhere after it.
    expect(numbers()).toEqual([90, ...Array.from({ length: 11 }, (_, n) => 90 + n)]);
    begin();
    expect(await traceAbout(store, about(CALLS))).toHaveLength(96);
    expect(await checkAbout(store, about("TR-NONE"))).toMatchObject({ error: { code: "OBJECTION_ABOUT" } });
  },
);
