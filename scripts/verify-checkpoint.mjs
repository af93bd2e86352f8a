// Checks a checkpoint, its cosignatures and a leaf's proof with nothing of Heliu: only Node's crypto and the public formats.
//   node verify-checkpoint.mjs --checkpoint FILE --log VKEY [--witness VKEY]… [--proof FILE --leaf FILE]
// A proof brings its own checkpoint. Prints one line of JSON; exits 1 when anything does not hold.
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

const text = { type: "string" };
const options = { checkpoint: text, log: text, witness: { ...text, multiple: true }, proof: text, leaf: text };
const { values: args } = parseArgs({ options });
const sha256 = (...parts) =>
  createHash("sha256")
    .update(Buffer.concat(parts.map((part) => Buffer.from(part))))
    .digest();
const fail = (why) => {
  console.error(`不通过 / does not hold: ${why}`);
  process.exit(1);
};

function keyOf(vkey) {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey) ?? fail(`key ${vkey}`);
  const bytes = Buffer.from(encoded, "base64"); // one byte of type, then the public key
  if (bytes.length !== 33 || sha256(name, "\n", bytes).toString("hex").slice(0, 8) !== id) fail(`key ${vkey}`);
  const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), bytes.subarray(1)]);
  return { name, id, type: bytes[0], key: createPublicKey({ key: der, format: "der", type: "spki" }) };
}

function signedBy(body, lines, { name, id, type, key }) {
  const line = lines.find((one) => one.startsWith(`— ${name} `) && payload(one).subarray(0, 4).toString("hex") === id);
  if (line === undefined) return false;
  const bytes = payload(line).subarray(4);
  if (type === 1) return verify(null, Buffer.from(body), key, bytes);
  const message = `cosignature/v1\ntime ${bytes.readBigUInt64BE()}\n${body}`;
  return verify(null, Buffer.from(message), key, bytes.subarray(8));
}
const payload = (line) => Buffer.from(line.split(" ")[2], "base64");

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

const proof = args.proof === undefined ? undefined : readFileSync(args.proof, "utf8");
const note = proof === undefined ? readFileSync(args.checkpoint, "utf8") : proof.slice(proof.indexOf("\n\n") + 2);
const gap = note.lastIndexOf("\n\n");
const [body, lines] = [
  note.slice(0, gap + 1),
  note
    .slice(gap + 2)
    .trimEnd()
    .split("\n"),
];
const [origin, size, root] = body.split("\n");
const log = keyOf(args.log);
if (origin !== log.name || !signedBy(body, lines, log)) fail(`the signature of ${log.name}`);
const witnesses = (args.witness ?? [])
  .map(keyOf)
  .filter((witness) => signedBy(body, lines, witness) || fail(`the cosignature of ${witness.name}`));
let index;
if (proof !== undefined) {
  const head = proof.slice(0, proof.indexOf("\n\n")).split("\n");
  const at = head.findIndex((line) => line.startsWith("index "));
  index = head[at].slice("index ".length);
  const hashes = head.slice(at + 1).map((line) => Buffer.from(line, "base64"));
  if (rootOf(readFileSync(args.leaf), BigInt(index), BigInt(size), hashes) !== root)
    fail(`leaf ${index} is not in the log`);
}
console.log(JSON.stringify({ ok: true, origin, size, root, witnesses: witnesses.map(({ name }) => name), index }));
