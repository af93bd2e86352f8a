import { ok } from "../../node/kernel/exchange-error.ts";
import { acceptReceipt, acceptReceiptRefs, completeReceipt, completeReceiptRefs } from "../../node/metering/accept.ts";
import type { ReceiptCore } from "../../node/metering/model.ts";
import { coreDigestOf, signCore } from "../../node/metering/receipt.ts";
import type { MeteringParts } from "../../node/metering/store.ts";
import { disputeFigures } from "../../node/settlement/dispute.ts";
import type { Store } from "../../node/storage/port.ts";
import { transact } from "../../node/storage/transact.ts";
import { numbers } from "./allocation-trial.ts";
import { AGREEMENT, buildFrom, CONSUMER, chainDigests, consumerSigner, coreOf } from "./settlement-material.ts";

/** A receipt that arrives: number and, where the provider signed two, which of them. */
type Arrival = { readonly seq: number; readonly variant: "" | "other" };

const NOW_MS = Date.parse("2026-10-20T00:00:00.000Z");
const IN_FLIGHT = 256;

/** Of a hundred numbers one is signed twice, twenty arrive again, five are of the month before (`usageOf`). */
function arrivalsOf(count: number): Arrival[] {
  const arrivals: Arrival[] = [];
  for (let seq = 1; seq <= count; seq++) {
    arrivals.push({ seq, variant: "" });
    if (seq % 5 === 0) arrivals.push({ seq, variant: "" });
    if (seq % 100 === 50) arrivals.push({ seq, variant: "other" });
  }
  return arrivals;
}

/** The same receipts to a consumer in an order that follows from the seed; answers the statement's canonical text. */
export async function statementInOrder(store: Store, count: number, seed: number): Promise<string> {
  const digests = chainDigests(count);
  const waiting = new Map<number, Arrival[]>();
  const last = { accepted: 0 };
  const take = async (arrival: Arrival): Promise<void> => {
    const core = coreOf(arrival.seq, digests[arrival.seq - 1] ?? "", arrival.variant);
    const outcome = await accept(store, core);
    if (outcome === "next") last.accepted = Math.max(last.accepted, arrival.seq);
    // Refused until the gap is filled, or until the version that the next one names is here: it is sent again then.
    if (outcome !== "refused") return;
    const again = waiting.get(arrival.seq - 1) ?? [];
    waiting.set(arrival.seq - 1, [...again, arrival]);
  };
  let batch: Promise<void>[] = [];
  for (const arrival of shuffled(arrivalsOf(count), seed)) {
    batch.push(take(arrival));
    if (batch.length < IN_FLIGHT) continue;
    await Promise.all(batch);
    batch = [];
  }
  await Promise.all(batch);
  await resend(waiting, last, take);
  if (waiting.size > 0) throw new Error(`${waiting.size} receipts were never accepted`);
  const { disputedReceiptIds } = await disputeFigures({ store, region: CONSUMER }, AGREEMENT);
  return (await buildFrom(store, count, disputedReceiptIds)).text;
}

/** The provider sends what was refused once more, from the first number on. */
async function resend(
  waiting: Map<number, Arrival[]>,
  last: { readonly accepted: number },
  take: (arrival: Arrival) => Promise<void>,
): Promise<void> {
  for (let before = -1; waiting.size > 0 && before !== waiting.size; ) {
    before = waiting.size;
    const numbers = [...waiting.keys()].sort((a, b) => a - b);
    for (let from = 0; from < numbers.length; from += IN_FLIGHT) {
      const some = numbers.slice(from, from + IN_FLIGHT).flatMap((number) => {
        const arrivals = waiting.get(number) ?? [];
        waiting.delete(number);
        return arrivals;
      });
      await Promise.all(some.map(take));
    }
    if (waiting.size > 0 && last.accepted === 0) throw new Error("not even the first receipt was accepted");
  }
}

const parts: MeteringParts = { region: CONSUMER, signer: consumerSigner };

/** As a consumer does it once the provider's signature was checked: into the chain, and signed in the same commit. */
async function accept(store: Store, core: ReceiptCore): Promise<"next" | "repeat" | "equivocation" | "refused"> {
  const checked = { core, coreDigest: coreDigestOf(core), text: "" };
  const refs = [...acceptReceiptRefs(core, parts), ...completeReceiptRefs(core)];
  const done = await transact(store, refs, (tx) => {
    const accepted = acceptReceipt(tx, parts, checked, "checked before", NOW_MS);
    if (accepted.ok && accepted.value === "next") {
      completeReceipt(tx, parts, core, signCore(consumerSigner, core), NOW_MS);
    }
    return accepted.ok ? ok(accepted.value) : accepted;
  });
  if (done.ok) return done.value;
  if (["RECEIPT_GAP", "RECEIPT_CHAIN"].includes(done.error.code)) return "refused";
  throw new Error(`${done.error.code}: ${done.error.text.en}`);
}

/** Fisher and Yates; seed 0 is the order in which they were made. */
function shuffled<T>(items: T[], seed: number): T[] {
  const next = numbers(seed);
  for (let i = seed === 0 ? 0 : items.length - 1; i > 0; i--) {
    const j = next() % (i + 1);
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
  return items;
}
