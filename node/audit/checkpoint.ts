import { decodeHash, encodeBase64 } from "../kernel/base64.ts";
import { ok, type Result, refusals } from "../kernel/exchange-error.ts";
import type { Hash } from "./merkle.ts";
import { openNote } from "./note.ts";

/** C2SP tlog-checkpoint: what a log says about itself. */
export type Checkpoint = { readonly origin: string; readonly size: bigint; readonly root: Hash };

const refuse = refusals({ CHECKPOINT_MALFORMED: "invalid-input" });

export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${encodeBase64(root)}\n`;
}

/** Extension lines are allowed and passed over. */
export function parseCheckpoint(text: string): Result<Checkpoint> {
  const [origin, size, root, ...rest] = text.split("\n");
  const hash = root === undefined ? undefined : decodeHash(root);
  const hasExtensionsOnly = rest.at(-1) === "" && rest.slice(0, -1).every((line) => line !== "");
  if (!origin || size === undefined || !/^(0|[1-9][0-9]{0,18})$/.test(size) || !hash || !hasExtensionsOnly) {
    return refuse("CHECKPOINT_MALFORMED", {
      zh: "检查点不是“来源、十进制大小、base64 根哈希”三行;请让对方原样重发。",
      en: "The checkpoint is not origin, decimal size and base64 root, a line each; ask for it again, unchanged.",
    });
  }
  return ok({ origin, size: BigInt(size), root: hash });
}

export type OpenedCheckpoint = Checkpoint & {
  readonly text: string;
  /** Names of the known keys that signed. */
  readonly verified: readonly string[];
  readonly signatureLines: readonly string[];
};

/** A checkpoint signed by at least one of `vkeys`. */
export function openCheckpoint(note: string, vkeys: readonly string[]): Result<OpenedCheckpoint> {
  const opened = openNote(note, vkeys);
  if (!opened.ok) return opened;
  const checkpoint = parseCheckpoint(opened.value.text);
  return checkpoint.ok ? ok({ ...checkpoint.value, ...opened.value }) : checkpoint;
}
