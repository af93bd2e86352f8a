// Verifies a proof of the audit log in the reader's own browser: SHA-256 and Ed25519 of the Web Crypto API, nothing else.
// The formats are C2SP signed-note, tlog-checkpoint, tlog-cosignature and tlog-proof; the tree is RFC 6962.
const encoder = new TextEncoder();

/** A reason not to believe, with a stable code. */
class Doubt extends Error {
  constructor(code, zh, en) {
    super(en);
    Object.assign(this, { code, zh, en });
  }
}

const malformed = () =>
  new Doubt("PROOF_MALFORMED", "证明的格式不对,请原样重新取得。", "The proof is malformed; fetch it again, unchanged.");

function fromBase64(text) {
  try {
    const raw = atob(text);
    // Strict: no stray bits, no missing pad, or two texts would be one signature.
    if (btoa(raw) !== text) throw malformed();
    return Uint8Array.from(raw, (character) => character.charCodeAt(0));
  } catch {
    throw malformed();
  }
}

function join(...parts) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", join(...parts)));
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const isSame = (a, b) => a.length === b.length && a.every((byte, place) => byte === b[place]);

async function keyOf(vkey) {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(vkey) ?? [];
  const bytes = encoded === undefined ? new Uint8Array() : fromBase64(encoded);
  const digest = bytes.length === 33 ? await sha256(encoder.encode(`${name}\n`), bytes) : new Uint8Array();
  if (digest.length === 0 || hex(digest.subarray(0, 4)) !== id) {
    throw new Doubt(
      "NOTE_BAD_KEY",
      "公钥格式不对,请从信任列表重新取得。",
      "The key is malformed; take it from the trust list again.",
    );
  }
  try {
    const key = await crypto.subtle.importKey("raw", bytes.subarray(1), "Ed25519", false, ["verify"]);
    return { name, id, type: bytes[0], key };
  } catch {
    throw new Doubt(
      "BROWSER_NO_ED25519",
      "本浏览器不支持 Ed25519,无法在此核验;请换用较新的浏览器,或用 heliu audit verify 离线核验。",
      "This browser has no Ed25519, so nothing can be verified here; use a newer one, or heliu audit verify offline.",
    );
  }
}

function verify({ key }, signature, message) {
  return signature.length === 64 && crypto.subtle.verify("Ed25519", key, signature, message);
}

async function isSignedBy(text, lines, { name, id, type, ...key }) {
  const own = lines.find((line) => line.name === name && hex(line.payload.subarray(0, 4)) === id);
  if (own === undefined) return false;
  const payload = own.payload.subarray(4);
  let holds;
  if (type === 1) holds = await verify(key, payload, encoder.encode(text));
  else {
    const seconds = payload.length === 72 ? new DataView(payload.slice().buffer).getBigUint64(0) : 0n;
    holds = await verify(key, payload.subarray(8), encoder.encode(`cosignature/v1\ntime ${seconds}\n${text}`));
  }
  if (holds) return true;
  throw new Doubt(
    "NOTE_BAD_SIGNATURE",
    `${name} 的签名不成立,请勿采信。`,
    `The signature of ${name} does not hold; do not rely on it.`,
  );
}

function readNote(note) {
  const gap = note.lastIndexOf("\n\n");
  if (gap < 0 || !note.endsWith("\n")) throw malformed();
  const lines = note.slice(gap + 2, -1).split("\n");
  return {
    text: note.slice(0, gap + 1),
    signatures: lines.map((line) => {
      const [, name, encoded] = /^— ([^\s+]+) (\S+)$/.exec(line) ?? [];
      if (name === undefined) throw malformed();
      return { name, payload: fromBase64(encoded) };
    }),
  };
}

function readProof(proof) {
  const gap = proof.indexOf("\n\n");
  const [format, ...lines] = proof.slice(0, Math.max(gap, 0)).split("\n");
  if (lines[0]?.startsWith("extra ")) lines.shift();
  const index = /^index (0|[1-9][0-9]{0,18})$/.exec(lines.shift() ?? "")?.[1];
  if (format !== "c2sp.org/tlog-proof@v1" || index === undefined || lines.length > 63) throw malformed();
  return { index: BigInt(index), hashes: lines.map(fromBase64), note: proof.slice(gap + 2) };
}

/** RFC 9162 §2.1.3.2; undefined when the proof is too short, too long, or for a leaf beyond the log. */
async function rootOf(hash, index, size, hashes) {
  let [node, last] = [index, size - 1n];
  let root = hash;
  for (const sibling of hashes) {
    if (last === 0n || sibling.length !== 32) return undefined;
    const isRight = node % 2n === 1n || node === last;
    root = isRight ? await sha256([1], sibling, root) : await sha256([1], root, sibling);
    if (isRight) for (; node % 2n === 0n && node !== 0n; node >>= 1n) last >>= 1n;
    [node, last] = [node >> 1n, last >> 1n];
  }
  return last === 0n && index < size ? root : undefined;
}

async function check({ proof, leaf, logKey, witnessKeys = [] }) {
  const { index, hashes, note } = readProof(proof);
  const { text, signatures } = readNote(note);
  const [origin, size, encodedRoot] = text.split("\n");
  const log = await keyOf(logKey);
  if (!/^(0|[1-9][0-9]{0,18})$/.test(size ?? "")) throw malformed();
  if (origin !== log.name || !(await isSignedBy(text, signatures, log))) {
    throw new Doubt("PROOF_WRONG_LOG", `检查点没有 ${log.name} 的签名。`, `${log.name} has not signed the checkpoint.`);
  }
  const witnesses = [];
  for (const vkey of witnessKeys) {
    const witness = await keyOf(vkey);
    if (await isSignedBy(text, signatures, witness)) witnesses.push(witness.name);
  }
  const leafHash = await sha256([0], typeof leaf === "string" ? encoder.encode(leaf) : leaf);
  const root = await rootOf(leafHash, index, BigInt(size), hashes);
  if (root === undefined || !isSame(root, fromBase64(encodedRoot ?? ""))) {
    throw new Doubt(
      "PROOF_FAILS",
      "该条目不在检查点所签的日志中,请勿采信。",
      "The entry is not in the log that the checkpoint signs; do not rely on it.",
    );
  }
  return { ok: true, index: String(index), size, origin, root: encodedRoot, witnesses, leafHash: hex(leafHash) };
}

/**
 * `{ proof, leaf, logKey, witnessKeys }`: what `GET /api/v1/audit/proof?leaf=N` answers, and keys of the trust list.
 * Answers `{ ok: true, index, size, origin, root, witnesses, leafHash }` or `{ ok: false, code, zh, en }`; never throws.
 */
export async function verifyProof(given) {
  try {
    return await check(given);
  } catch (fault) {
    const { code, zh, en } = fault instanceof Doubt ? fault : malformed();
    return { ok: false, code, zh, en };
  }
}
