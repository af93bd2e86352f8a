// Checks a checkpoint, its cosignatures and a leaf's proof with nothing of Heliu: only Node's crypto and the public formats.
//   node verify-checkpoint.mjs --checkpoint FILE --log VKEY [--witness VKEY]… [--proof FILE --leaf FILE]
//   node verify-checkpoint.mjs --bundle FILE --log VKEY [--witness VKEY]…
// A proof brings its own checkpoint. Of a bundle the log's part is checked: all entries of the agreement. Prints one line of JSON; exits 1 when anything does not hold.
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const text = { type: "string" };
const witnessKeys = { ...text, multiple: true };
const options = { checkpoint: text, log: text, witness: witnessKeys, proof: text, leaf: text, bundle: text };
const sha256 = (...parts) =>
  createHash("sha256")
    .update(Buffer.concat(parts.map((part) => Buffer.from(part))))
    .digest();
const fail = (why) => {
  throw new Error(why);
};

function keyOf(vkey) {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey) ?? fail(`key ${vkey}`);
  const bytes = Buffer.from(encoded, "base64"); // one byte of type, then the public key
  if (bytes.length !== 33 || sha256(name, "\n", bytes).toString("hex").slice(0, 8) !== id) fail(`key ${vkey}`);
  const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), bytes.subarray(1)]);
  return { name, id, type: bytes[0], key: createPublicKey({ key: der, format: "der", type: "spki" }) };
}

function signedBy(body, lines, { name, id, type, key }) {
  const line = lines.find((one) => lineOf(one, { name, id }));
  if (line === undefined) return false;
  const bytes = payload(line).subarray(4);
  if (type === 1) return verify(null, Buffer.from(body), key, bytes);
  const message = `cosignature/v1\ntime ${bytes.readBigUInt64BE()}\n${body}`;
  return verify(null, Buffer.from(message), key, bytes.subarray(8));
}
const lineOf = (line, { name, id }) =>
  line.startsWith(`— ${name} `) && payload(line).subarray(0, 4).toString("hex") === id;
function payload(line) {
  const encoded = line.slice(line.lastIndexOf(" ") + 1);
  const bytes = Buffer.from(encoded, "base64");
  // A decoder forgives stray bits and missing pads: two texts would be one signature.
  return bytes.toString("base64") === encoded ? bytes : fail("the form of a signature");
}

/** RFC 9162 §2.1.3.2: from the leaf upwards. */
function rootOf(leaf, index, size, proof) {
  let [hash, node, last] = [sha256([0], leaf), index, size - 1n];
  for (const sibling of proof) {
    if (last === 0n) fail("the proof is too long");
    const isRight = node % 2n === 1n || node === last;
    hash = isRight ? sha256([1], sibling, hash) : sha256([1], hash, sibling);
    if (isRight) for (; node % 2n === 0n && node !== 0n; node >>= 1n) last >>= 1n;
    [node, last] = [node >> 1n, last >> 1n];
  }
  return last === 0n && index < size
    ? hash.toString("base64")
    : fail("the proof is too short, or the leaf beyond the log");
}

const hashOf = (encoded) => {
  const bytes = Buffer.from(encoded, "base64");
  return bytes.length === 32 && bytes.toString("base64") === encoded ? bytes : fail(`hash ${encoded}`);
};

/** RFC 8785 for what holds no numbers: members in UTF-16 order, no white space. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "number") fail("canonical JSON holds no numbers here");
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

/** RFC 9162 §2.1.4.2: both roots from one proof. */
function checkConsistency(first, second, firstRoot, secondRoot, proof) {
  if (first === second || first === 0n) {
    const old = first === 0n ? sha256("").toString("base64") : secondRoot;
    return proof.length === 0 && firstRoot === old;
  }
  let [node, last] = [first - 1n, second - 1n];
  for (; node % 2n === 1n; node >>= 1n) last >>= 1n;
  const rest = proof.map(hashOf);
  let older = node === 0n ? hashOf(firstRoot) : rest.shift();
  let newer = older;
  if (older === undefined) return false;
  for (const sibling of rest) {
    if (last === 0n) return false;
    if (node % 2n === 1n || node === last) {
      older = sha256([1], sibling, older);
      newer = sha256([1], sibling, newer);
      for (; node % 2n === 0n && node !== 0n; node >>= 1n) last >>= 1n;
    } else newer = sha256([1], newer, sibling);
    [node, last] = [node >> 1n, last >> 1n];
  }
  return last === 0n && older.toString("base64") === firstRoot && newer.toString("base64") === secondRoot;
}

/** Opens the note under the keys given; `isStrict`: no line by any other key. */
function open(note, isStrict, keys) {
  const gap = note.lastIndexOf("\n\n");
  if (gap < 0 || !note.endsWith("\n")) fail("the form of a signed note");
  const [body, lines] = [note.slice(0, gap + 1), note.slice(gap + 2, -1).split("\n")];
  const [origin, size, root, ...more] = body.split("\n");
  const log = keyOf(keys.log);
  if (origin !== log.name || !signedBy(body, lines, log)) fail(`the signature of ${log.name}`);
  if (!/^(0|[1-9][0-9]*)$/.test(size) || (isStrict && more.join() !== "")) fail("the form of a checkpoint");
  hashOf(root);
  const witnesses = (keys.witness ?? [])
    .map(keyOf)
    .filter((witness) => signedBy(body, lines, witness) || fail(`the cosignature of ${witness.name}`));
  const isKnown = (line) => [log, ...witnesses].some((key) => lineOf(line, key));
  if (isStrict && (lines.length !== witnesses.length + 1 || !lines.every(isKnown)))
    fail("a signature by an unknown key");
  return { origin, size: BigInt(size), root, witnesses: witnesses.map(({ name }) => name) };
}

/** All entries of the agreement, numbered without gap, chained, ended by a head that says how many, each in the log. */
export function checkBundle(bytes, keys) {
  const bundle = JSON.parse(bytes);
  if (canonical(bundle) !== bytes.toString("utf8")) fail("the file is not canonical JSON");
  const { agreementId, log } = bundle;
  const { size, ...checkpoint } = open(log.checkpoint, true, keys);
  let prev = "0".repeat(64);
  for (const [place, { index, leaf, proof, ...more }] of log.entries.entries()) {
    const { detail } = leaf;
    if (detail.agreementId !== agreementId || Object.keys(more).length > 0)
      fail(`entry ${place + 1}: of another agreement`);
    if (detail.agreementSeq !== String(place + 1)) fail(`entry ${place + 1} is missing, moved or added`);
    const bytesOfLeaf = canonical(leaf);
    if (!/^(0|[1-9][0-9]*)$/.test(index)) fail(`entry ${place + 1}: index`);
    const root = rootOf(bytesOfLeaf, BigInt(index), size, proof.map(hashOf));
    if (root !== checkpoint.root) fail(`entry ${place + 1} is not in the log`);
    if (detail.agreementPrev !== prev) fail(`entry ${place + 1} does not follow the one before`);
    prev = sha256([0], bytesOfLeaf).toString("hex");
  }
  const { kind, detail } = log.entries.at(-1).leaf;
  const isEnd = kind === "agreement.head" && detail.lastSeq === String(log.entries.length - 1);
  if (!isEnd || detail.lastLeaf !== detail.agreementPrev) fail("the last entry is no head: the end may be cut off");
  const old = log.consistency;
  if (old !== null && !checkConsistency(BigInt(old.size), size, old.root, checkpoint.root, old.proof))
    fail("consistency");
  return { ok: true, ...checkpoint, size: String(size), agreementId, entries: log.entries.length };
}

function checkNote(args) {
  const proof = args.proof === undefined ? undefined : readFileSync(args.proof, "utf8");
  const note = proof === undefined ? readFileSync(args.checkpoint, "utf8") : proof.slice(proof.indexOf("\n\n") + 2);
  const { origin, size, root, witnesses } = open(note, false, args);
  if (proof === undefined) return { ok: true, origin, size: String(size), root, witnesses };
  const head = proof.slice(0, proof.indexOf("\n\n")).split("\n");
  const at = head.findIndex((line) => line.startsWith("index "));
  const index = head[at].slice("index ".length);
  const hashes = head.slice(at + 1).map(hashOf);
  if (rootOf(readFileSync(args.leaf), BigInt(index), size, hashes) !== root) fail(`leaf ${index} is not in the log`);
  return { ok: true, origin, size: String(size), root, witnesses, index };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const { values: args } = parseArgs({ options });
    console.log(
      JSON.stringify(args.bundle === undefined ? checkNote(args) : checkBundle(readFileSync(args.bundle), args)),
    );
  } catch (fault) {
    console.error(`不通过 / does not hold: ${fault.message}`);
    process.exitCode = 1;
  }
}
