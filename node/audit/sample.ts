import { z } from "zod";
import { encodeBase64 } from "../kernel/base64.ts";
import { canonicalText } from "../kernel/canonical-json.ts";
import { sha256 } from "../kernel/digest.ts";
import { ok, type Result, refusals } from "../kernel/exchange-error.ts";
import type { Store } from "../storage/port.ts";
import { read } from "../storage/transact.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { readLeaf } from "./leaves.ts";
import { leafHash, verifyInclusion } from "./merkle.ts";
import { leafSchema } from "./model.ts";
import { parseHashes } from "./proof.ts";
import { latestCheckpoint, noteOf, witnessedCheckpoint } from "./signed-head.ts";
import type { Tree } from "./tree.ts";

export const MAX_SAMPLE = 1_000;

export type SampleQuery = {
  /** Size of a checkpoint that is kept: the newest, or the newest witnessed one. The latter when left out. */
  readonly checkpoint?: string | undefined;
  readonly n: number;
  /** The auditor's own words, so that nobody who writes the log can foresee what will be drawn. */
  readonly salt?: string | undefined;
};

const sampleSchema = z.strictObject({
  type: z.literal("heliu.audit-sample.v1"),
  checkpoint: z.string(),
  salt: z.string(),
  n: z.string().regex(/^[1-9][0-9]{0,3}$/),
  /** In the order drawn. */
  items: z.array(
    z.strictObject({
      index: z.string().regex(/^(0|[1-9][0-9]{0,18})$/),
      leaf: leafSchema,
      proof: z.array(z.string()),
    }),
  ),
});
export type Sample = z.infer<typeof sampleSchema>;

const refuse = refusals({
  SAMPLE_MALFORMED: "invalid-input",
  SAMPLE_NO_CHECKPOINT: "not-found",
  SAMPLE_NOT_AS_DRAWN: "integrity",
  SAMPLE_NOT_IN_LOG: "integrity",
});

/**
 * `n` different leaves of a log, as its checkpoint decides: whoever holds the checkpoint draws the same. The text of the
 * checkpoint is hashed into a stream (the construction of settlement.md §4: block j = SHA-256(seed ‖ uint64-BE j)), read
 * as 64-bit words; a word at or above the largest multiple of the range is passed over, so that no leaf is favoured; and
 * the numbers are the first n of a Fisher–Yates shuffle (Durstenfeld, CACM 7(7), 1964) of 0 … size − 1.
 */
export function drawIndices(checkpointText: string, salt: string, size: bigint, n: number): bigint[] {
  const below = wordsFrom(sha256(`heliu.audit-sample.v1\n${salt}\n${checkpointText}`));
  // Of the shuffled list only what was moved is kept: the log may be long and the sample is short.
  const moved = new Map<bigint, bigint>();
  const drawn: bigint[] = [];
  for (let place = 0n; place < size && drawn.length < n; place++) {
    const other = place + below(size - place);
    drawn.push(moved.get(other) ?? other);
    moved.set(other, moved.get(place) ?? place);
  }
  return drawn;
}

const WORDS = 1n << 64n;

function wordsFrom(seed: Uint8Array): (range: bigint) => bigint {
  let block = new Uint8Array();
  let counter = 0n;
  let at = 0;
  const next = (): bigint => {
    if (at === block.length) {
      const number = Buffer.alloc(8);
      number.writeBigUInt64BE(counter);
      counter += 1n;
      block = Uint8Array.from(sha256(Buffer.concat([seed, number])));
      at = 0;
    }
    const word = Buffer.from(block).readBigUInt64BE(at);
    at += 8;
    return word;
  };
  return (range) => {
    const limit = WORDS - (WORDS % range);
    let word = next();
    while (word >= limit) word = next();
    return word % range;
  };
}

export async function takeSample(
  { store, tree }: { readonly store: Store; readonly tree: Tree },
  { checkpoint: wanted, n, salt = "" }: SampleQuery,
): Promise<Result<Sample>> {
  for (const ref of [witnessedCheckpoint, latestCheckpoint]) {
    const checkpoint = await read(store, ref);
    if (checkpoint === undefined || (wanted !== undefined && wanted !== checkpoint.size)) continue;
    const size = BigInt(checkpoint.size);
    const items = await Promise.all(
      drawIndices(checkpoint.text, salt, size, n).map(async (index) => {
        const found = await readLeaf(store, String(index));
        if (found === undefined) throw new Error(`audit leaf ${index} is missing`);
        const proof = await tree.inclusion(index, size);
        return { index: String(index), leaf: found.leaf, proof: proof.map(encodeBase64) };
      }),
    );
    return ok({ type: "heliu.audit-sample.v1", checkpoint: noteOf(checkpoint), salt, n: String(n), items });
  }
  return noCheckpoint(wanted);
}

/** Draws again and looks whether these are the leaves, each proved to be in the log. */
export function verifySample(
  given: unknown,
  logVkey: string,
  witnessVkeys: readonly string[],
): Result<{ readonly size: string; readonly count: number; readonly signedBy: readonly string[] }> {
  const parsed = sampleSchema.safeParse(given);
  if (!parsed.success) return malformed(parsed.error.issues[0]?.path.join(".") ?? "");
  const sample = parsed.data;
  const opened = openCheckpoint(sample.checkpoint, [logVkey, ...witnessVkeys]);
  if (!opened.ok) return opened;
  const { text, size, root, origin, verified } = opened.value;
  if (!verified.includes(origin)) return notAsDrawn(origin);
  const drawn = drawIndices(text, sample.salt, size, Math.min(Number(sample.n), MAX_SAMPLE));
  const isAsDrawn =
    drawn.length === sample.items.length && drawn.every((index, place) => sample.items[place]?.index === String(index));
  if (!isAsDrawn) return notAsDrawn(drawn.join(" "));
  for (const { index, leaf, proof } of sample.items) {
    const hashes = parseHashes(proof);
    const hash = leafHash(Buffer.from(canonicalText(leaf), "utf8"));
    if (hashes === undefined || !verifyInclusion(hashes, { index: BigInt(index), size, leafHash: hash, root })) {
      return notInLog(index);
    }
  }
  return ok({ size: String(size), count: drawn.length, signedBy: verified });
}

function noCheckpoint(wanted: string | undefined) {
  return refuse(
    "SAMPLE_NO_CHECKPOINT",
    {
      zh: `没有大小为 ${wanted ?? "任意"} 的检查点可供抽样;请用 /audit/checkpoint 给出的大小,或不指定。`,
      en: `There is no checkpoint of size ${wanted ?? "any"} to draw from; use the size that /audit/checkpoint shows, or leave it out.`,
    },
    { checkpoint: wanted ?? "" },
  );
}

function malformed(place: string) {
  return refuse(
    "SAMPLE_MALFORMED",
    {
      zh: `样本文件的结构不对(${place || "顶层"});请重新抽样。`,
      en: `The file does not have the form of a sample (${place || "top level"}); draw it again.`,
    },
    { place },
  );
}

function notAsDrawn(expected: string) {
  return refuse(
    "SAMPLE_NOT_AS_DRAWN",
    {
      zh: "样本不是该检查点所决定的那些条目;请勿采信,并向该地区重新抽样。",
      en: "These are not the entries that the checkpoint decides on; do not rely on the sample, and draw again.",
    },
    { expected },
  );
}

function notInLog(index: string) {
  return refuse(
    "SAMPLE_NOT_IN_LOG",
    {
      zh: `样本中的第 ${index} 条不在检查点所签的日志中:内容或证明被改动过。`,
      en: `Entry ${index} of the sample is not in the log that the checkpoint signs: it or its proof was altered.`,
    },
    { index },
  );
}
