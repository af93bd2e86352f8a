import { decodeBase64, encodeBase64 } from "../kernel/base64.ts";
import { sha256 } from "../kernel/digest.ts";
import { type Signer, verifyEd25519 } from "../kernel/ed25519.ts";
import { ok, type Result, refusals } from "../kernel/exchange-error.ts";

/** C2SP signed-note and tlog-cosignature. Names are not empty and hold neither spaces nor `+`. */
const ED25519 = 0x01;
const COSIGNATURE = 0x04;

export type NoteKey = {
  readonly name: string;
  readonly type: typeof ED25519 | typeof COSIGNATURE;
  /** 8 hex digits. */
  readonly id: string;
  readonly publicKey: Uint8Array;
};

/** A key that signs notes. `sign` is plain Ed25519 over the bytes given; the functions below say which bytes those are. */
export type NoteSigner = {
  readonly name: string;
  readonly vkey: string;
  readonly sign: (message: Uint8Array) => Uint8Array;
};

export type OpenedNote = {
  /** Ends in a newline. */
  readonly text: string;
  /** Names of the known keys whose signatures hold, in the order of the note. */
  readonly verified: readonly string[];
  readonly signatureLines: readonly string[];
};

const MAX_NOTE_BYTES = 1_048_576;
/** Enough for any number of peers; a cap because each line may cost a verification. */
const MAX_SIGNATURES = 256;

const refuse = refusals({
  NOTE_BAD_KEY: "integrity",
  NOTE_BAD_SIGNATURE: "integrity",
  NOTE_UNSIGNED: "integrity",
  NOTE_MALFORMED: "invalid-input",
});

export function logNoteSigner(name: string, signer: Signer): NoteSigner {
  return { name, vkey: writeVkey(name, ED25519, signer.publicKey), sign: signer.sign };
}

/** The same key under another name: the name is part of the key's id. Undefined for what is no vkey. */
export function vkeyUnder(vkey: string, name: string): string | undefined {
  const key = parseVkey(vkey);
  return key.ok ? writeVkey(name, key.value.type, key.value.publicKey) : undefined;
}

export function signerUnder(signer: NoteSigner, name: string): NoteSigner {
  const vkey = vkeyUnder(signer.vkey, name);
  if (vkey === undefined) throw new Error(`${signer.vkey} is no vkey`);
  return { name, vkey, sign: signer.sign };
}

export function witnessNoteSigner(name: string, signer: Signer): NoteSigner {
  return { name, vkey: writeVkey(name, COSIGNATURE, signer.publicKey), sign: signer.sign };
}

function writeVkey(name: string, type: NoteKey["type"], publicKey: Uint8Array): string {
  return `${name}+${keyId(name, type, publicKey)}+${encodeBase64(Buffer.concat([Uint8Array.of(type), publicKey]))}`;
}

function keyId(name: string, type: number, publicKey: Uint8Array): string {
  return sha256(Buffer.concat([Buffer.from(`${name}\n`, "utf8"), Uint8Array.of(type), publicKey]))
    .subarray(0, 4)
    .toString("hex");
}

export function parseVkey(vkey: string): Result<NoteKey> {
  const [, name, id, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey) ?? [];
  const bytes = encoded === undefined ? undefined : decodeBase64(encoded);
  const type = bytes?.[0];
  if (name === undefined || id === undefined || bytes?.length !== 33) return badKey(vkey);
  if (type !== ED25519 && type !== COSIGNATURE) return badKey(vkey);
  const publicKey = bytes.subarray(1);
  return keyId(name, type, publicKey) === id ? ok({ name, type, id, publicKey }) : badKey(vkey);
}

/** A log's signature line over a text that ends in a newline. */
export function signNote(text: string, signer: NoteSigner): string {
  return signatureLine(signer, signer.sign(Buffer.from(text, "utf8")));
}

/** A witness's line over a checkpoint's text: timestamped, so that its freshness can be judged. */
export function cosignNote(text: string, signer: NoteSigner, atMs: number): string {
  const seconds = BigInt(Math.floor(atMs / 1000));
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(seconds);
  return signatureLine(signer, Buffer.concat([time, signer.sign(cosignedBytes(seconds, text))]));
}

function signatureLine({ name, vkey }: NoteSigner, payload: Uint8Array): string {
  const id = Buffer.from(vkey.slice(name.length + 1, name.length + 9), "hex");
  return `\u2014 ${name} ${encodeBase64(Buffer.concat([id, payload]))}\n`;
}

function cosignedBytes(seconds: bigint, text: string): Uint8Array {
  return Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`, "utf8");
}

export function writeNote(text: string, signatureLines: readonly string[]): string {
  return `${text}\n${signatureLines.join("")}`;
}

/**
 * Text and signatures of a note, at least one of them by a key of `vkeys`. Strangers' signatures are passed over; a
 * known key whose signature fails refuses the whole note.
 */
export function openNote(note: string, vkeys: readonly string[]): Result<OpenedNote> {
  const keys: NoteKey[] = [];
  for (const vkey of vkeys) {
    const key = parseVkey(vkey);
    if (!key.ok) return key;
    keys.push(key.value);
  }
  const parts = splitNote(note);
  if (!parts.ok) return parts;

  const { text, signatures } = parts.value;
  const verified: string[] = [];
  for (const { name, payload } of signatures) {
    const id = Buffer.from(payload.subarray(0, 4)).toString("hex");
    const key = keys.find((known) => known.name === name && known.id === id);
    if (key === undefined) continue;
    if (!holds(key, text, payload.subarray(4))) return badSignature(name);
    if (!verified.includes(name)) verified.push(name);
  }
  if (verified.length === 0) return unsigned();
  return ok({ text, verified, signatureLines: signatures.map(({ line }) => line) });
}

/** When a witness's cosignature was made, in seconds; undefined for any other line. Does not verify. */
export function cosignedAt(line: string): bigint | undefined {
  const payload = decodeBase64(line.trimEnd().split(" ")[2] ?? "");
  return payload?.length === 76 ? Buffer.from(payload).readBigUInt64BE(4) : undefined;
}

function holds(key: NoteKey, text: string, payload: Uint8Array): boolean {
  if (key.type === ED25519) return verifyEd25519(key.publicKey, Buffer.from(text, "utf8"), payload);
  if (payload.length !== 72) return false;
  const seconds = Buffer.from(payload).readBigUInt64BE();
  return verifyEd25519(key.publicKey, cosignedBytes(seconds, text), payload.subarray(8));
}

type Signature = { readonly line: string; readonly name: string; readonly payload: Uint8Array };

export function splitNote(note: string): Result<{ text: string; signatures: readonly Signature[] }> {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what a note may not hold
  const isClean = note.isWellFormed() && !/[\u0000-\u0009\u000b-\u001f\u007f]/.test(note);
  const gap = note.lastIndexOf("\n\n");
  if (!isClean || gap < 0 || !note.endsWith("\n") || Buffer.byteLength(note) > MAX_NOTE_BYTES) return malformed();
  const lines = note.slice(gap + 2, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) return malformed();

  const signatures: Signature[] = [];
  for (const line of lines) {
    const [, name, encoded] = /^\u2014 ([^\s+]+) (\S+)$/.exec(line) ?? [];
    const payload = encoded === undefined ? undefined : decodeBase64(encoded);
    if (name === undefined || payload === undefined || payload.length < 5) return malformed();
    signatures.push({ line: `${line}\n`, name, payload });
  }
  return ok({ text: note.slice(0, gap + 1), signatures });
}

function badKey(vkey: string) {
  return refuse(
    "NOTE_BAD_KEY",
    {
      zh: "验签公钥(vkey)格式不对或编号与公钥不符;请从信任清单重新取得。",
      en: "The verifier key is malformed or its id does not fit its key; take it from the trust list again.",
    },
    { vkey },
  );
}

function badSignature(name: string) {
  return refuse(
    "NOTE_BAD_SIGNATURE",
    {
      zh: `${name} 的签名与内容不符;内容可能被改动,请勿采信并联系该方。`,
      en: `The signature of ${name} does not fit the text; it may have been altered. Do not rely on it, and contact that party.`,
    },
    { name },
  );
}

function unsigned() {
  return refuse("NOTE_UNSIGNED", {
    zh: "没有任何已知密钥为此内容签名;请核对信任清单中的公钥。",
    en: "No key that is known here has signed this; check the keys in the trust list.",
  });
}

function malformed() {
  return refuse("NOTE_MALFORMED", {
    zh: "签名文本格式不符合 C2SP signed-note;请让对方原样重发。",
    en: "This is not a signed note (C2SP); ask for it again, unchanged.",
  });
}
