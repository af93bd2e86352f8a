import type { Text } from "../../kernel/text.ts";
import { largestRemainder, type Quotas, type TieSeed, tieHash } from "../allocate.ts";
import { abs, rational, rationalText } from "../rational.ts";

/** One party's exact part of a split, and how it became whole fen. */
export type ExplainedPart = {
  readonly partyId: string;
  /** Exact, in fen: `n` or `n/d`. */
  readonly exactFen: string;
  readonly wholeFen: string;
  readonly remainder: string;
  readonly fen: string;
  /** It got one of the fen that were left over. */
  readonly hasOddFen: boolean;
  /** First half of the hash that decides between equal remainders. */
  readonly tieHash: string;
};

export type ExplainedSplit = {
  readonly totalFen: string;
  readonly leftOver: string;
  readonly parts: readonly ExplainedPart[];
  /** Who got the odd fen, and why. */
  readonly text: Text;
};

/** Why each party has the fen it has: largest remainder, ties by hash. Source: settlement.md §3. */
export function explainSplit(total: bigint, quotas: Quotas, seed: TieSeed): ExplainedSplit {
  const shares = largestRemainder(total, quotas, seed);
  const sign = total < 0n ? -1n : 1n;
  const parts = shares.map(({ partyId, fen }, i): ExplainedPart => {
    const quota = quotas.quotas[i] ?? 0n;
    const whole = quota / quotas.den;
    return {
      partyId,
      exactFen: rationalText(rational(sign * quota, quotas.den)),
      wholeFen: (sign * whole).toString(),
      remainder: rationalText(rational(quota % quotas.den, quotas.den)),
      fen: fen.toString(),
      hasOddFen: abs(fen) > whole,
      tieHash: tieHash(seed, partyId).toString("hex").slice(0, 32),
    };
  });
  const leftOver = parts.filter(({ hasOddFen }) => hasOddFen).length;
  return { totalFen: total.toString(), leftOver: leftOver.toString(), parts, text: sentence(parts, leftOver) };
}

function sentence(parts: readonly ExplainedPart[], leftOver: number): Text {
  if (leftOver === 0) {
    return { zh: "各方精确份额都是整数分,没有余分。", en: "Every exact part is whole fen; none was left over." };
  }
  const got = parts.filter(({ hasOddFen }) => hasOddFen);
  const lacked = parts.filter(({ hasOddFen }) => !hasOddFen);
  const tie = got.find((one) => lacked.some((other) => other.remainder === one.remainder));
  const names = (list: readonly ExplainedPart[]) => list.map(({ partyId, remainder }) => `${partyId} (${remainder})`);
  const first = {
    zh: `取整后余 ${leftOver} 分,依次给余数最大的:${names(got).join("、")}。`,
    en: `After rounding down ${leftOver} fen were left; they went to the largest remainders: ${names(got).join(", ")}.`,
  };
  if (tie === undefined) return first;
  const same = lacked.filter(({ remainder }) => remainder === tie.remainder).map(({ partyId }) => partyId);
  return {
    zh: `${first.zh}${tie.partyId} 与 ${same.join("、")} 余数相同,按 SHA-256(期间|行号|参与方)由小到大,${tie.partyId} 在前(${tie.tieHash.slice(0, 12)})。`,
    en: `${first.en} ${tie.partyId} and ${same.join(", ")} have the same remainder; the smaller SHA-256(period|line|party) comes first, ${tie.partyId} (${tie.tieHash.slice(0, 12)}).`,
  };
}
