import { sha256 } from "../kernel/digest.ts";
import { fail } from "./refusal.ts";
import type { Game } from "./shapley-game.ts";

/** Both regions must draw the same orders, so chance comes from a hash of what is settled. Source: settlement.md §4. */
export function sampleSeed(agreementId: string, periodId: string, lineId: string): Buffer {
  return sha256(`heliu.shapley.v1|${agreementId}|${periodId}|${lineId}`);
}

export type WordStream = { readonly next: () => number };

/** Big-endian uint32 words of SHA-256(seed ‖ uint64(0)), SHA-256(seed ‖ uint64(1)), … */
export function wordStream(seed: Uint8Array): WordStream {
  let block: Buffer = Buffer.alloc(0);
  let offset = 0;
  let blocks = 0n;
  return {
    next() {
      if (offset === block.length) {
        const counter = Buffer.alloc(8);
        counter.writeBigUInt64BE(blocks++);
        block = sha256(Buffer.concat([seed, counter]));
        offset = 0;
      }
      const word = block.readUInt32BE(offset);
      offset += 4;
      return word;
    },
  };
}

const WORDS = 2 ** 32;

/** A number below n without bias: words in the incomplete last stretch are passed over. 1 ≤ n ≤ 2³². */
export function below(words: WordStream, n: number): number {
  if (!Number.isInteger(n) || n < 1 || n > WORDS) fail("BAD_GAME", { value: `a draw below ${n}` });
  const limit = Math.floor(WORDS / n) * n;
  for (;;) {
    const word = words.next();
    if (word < limit) return word % n;
  }
}

/** One random order of n parties: Fisher–Yates from the end. */
export function drawOrder(words: WordStream, n: number): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i >= 1; i--) {
    const j = below(words, i + 1);
    const taken = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = taken;
  }
  return order;
}

/** Σ over the sampled orders of what each party added; divide by `samples` for φ. */
export function marginalSums(game: Game, n: number, samples: bigint, seed: Uint8Array): bigint[] {
  if (samples < 1n) fail("BAD_GAME", { value: `${samples} samples` });
  const words = wordStream(seed);
  const sums = Array.from({ length: n }, () => 0n);
  for (let m = 0n; m < samples; m++) {
    const order = drawOrder(words, n);
    const worths = game.marginals(order);
    order.forEach((party, k) => {
      sums[party] = (sums[party] ?? 0n) + (worths[k] ?? 0n);
    });
  }
  return sums;
}
