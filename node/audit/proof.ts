import { decodeBase64, decodeHash, encodeBase64 } from "../kernel/base64.ts";
import { ok, type Result, refusals } from "../kernel/exchange-error.ts";
import type { Hash } from "./merkle.ts";

/** C2SP tlog-proof: a leaf's place in a log, with the checkpoint it is proven under. Verified without the network. */
export type InclusionProof = {
  readonly index: bigint;
  readonly hashes: readonly Hash[];
  /** A signed checkpoint. */
  readonly checkpoint: string;
  readonly extra?: Uint8Array;
};

const FORMAT = "c2sp.org/tlog-proof@v1";
/** A tree of 2^63 leaves needs no more. */
const MAX_HASHES = 63;

const refuse = refusals({ PROOF_MALFORMED: "invalid-input" });

export function writeProof({ index, hashes, checkpoint, extra }: InclusionProof): string {
  const lines = [FORMAT, ...(extra === undefined ? [] : [`extra ${encodeBase64(extra)}`]), `index ${index}`];
  return `${[...lines, ...hashes.map(encodeBase64)].join("\n")}\n\n${checkpoint}`;
}

export function parseProof(text: string): Result<InclusionProof> {
  const gap = text.indexOf("\n\n");
  if (gap < 0) return malformed();
  const [format, ...lines] = text.slice(0, gap).split("\n");
  const extra = lines[0]?.startsWith("extra ") ? decodeBase64(lines.shift()?.slice("extra ".length) ?? "") : null;
  const index = /^index (0|[1-9][0-9]{0,18})$/.exec(lines.shift() ?? "")?.[1];
  const hashes = parseHashes(lines);
  if (format !== FORMAT || extra === undefined || index === undefined || hashes === undefined) return malformed();
  const proof = { index: BigInt(index), hashes, checkpoint: text.slice(gap + 2) };
  return ok(extra === null ? proof : { ...proof, extra });
}

/** One hash in strict base64 a line; undefined when a line is anything else, or when there are too many. */
export function parseHashes(lines: readonly string[]): Hash[] | undefined {
  if (lines.length > MAX_HASHES) return undefined;
  const hashes = lines.map(decodeHash);
  return hashes.every((hash) => hash !== undefined) ? hashes : undefined;
}

function malformed() {
  return refuse("PROOF_MALFORMED", {
    zh: `证明不是 ${FORMAT} 格式;请向出具方原样重新取得。`,
    en: `The proof is not in the form ${FORMAT}; fetch it again from whoever issued it, unchanged.`,
  });
}
