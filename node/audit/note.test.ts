import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { signerFromSeed } from "../kernel/ed25519.ts";
import { mustSucceed } from "../kernel/exchange-error.ts";
import { checkpointText, openCheckpoint, parseCheckpoint } from "./checkpoint.ts";
import { cosignedAt, cosignNote, logNoteSigner, openNote, signNote, witnessNoteSigner, writeNote } from "./note.ts";
import { parseProof, writeProof } from "./proof.ts";
import { verifyOffline } from "./verify.ts";

type Vector = {
  id: string;
  op: string;
  note: string;
  input: { note: string; text: string; vkeys: string[] };
  expect?: object;
  error?: string;
};
const { keys, valid, cases } = JSON.parse(readFileSync("test/vectors/signed-note.json", "utf8"));
const vectorsOf = (op: string): Vector[] => cases.filter((c: Vector) => c.op === op);
const signerOf = (i: number) => signerFromSeed(Buffer.from(keys[i].seedHex, "hex"));
const log = logNoteSigner(keys[0].name, signerOf(0));
const witness = witnessNoteSigner(keys[2].name, signerOf(2));
const namesIn = (note: string): string[] => [...note.matchAll(/^\u2014 (\S+) /gm)].map(([, name]) => name ?? "");
const vkeys: string[] = keys.slice(0, 4).map((key: { vkey: string }) => key.vkey);

describe("signed notes", () => {
  it.each(vectorsOf("open"))("$id $note", ({ input, expect: expected, error }) => {
    const opened = openNote(input.note, input.vkeys);
    if (error !== undefined) expect(opened).toMatchObject({ ok: false, error: { code: error } });
    else expect(opened).toMatchObject({ ok: true, value: expected ?? {} });
  });

  it("have keys and signature lines byte for byte as in the vectors", () => {
    expect([log.vkey, witness.vkey]).toEqual([keys[0].vkey, keys[2].vkey]);
    for (const { text, logSignatureLine, cosignatureLine, cosignedAt: seconds } of valid) {
      expect(signNote(text, log)).toBe(logSignatureLine);
      expect(cosignNote(text, witness, Number(seconds) * 1000 + 999)).toBe(cosignatureLine);
      expect(cosignedAt(cosignatureLine)).toBe(BigInt(seconds));
    }
  });

  it("take sixteen signatures and more", () => {
    const text = "one\n";
    const others = Array.from({ length: 20 }, (_, i) => signNote(text, { ...log, name: `other/${i}` }));
    expect(openNote(writeNote(text, [...others, signNote(text, log)]), [log.vkey])).toMatchObject({ ok: true });
  });
});

describe("checkpoints", () => {
  it.each(vectorsOf("checkpoint"))("$id $note", ({ input, expect: expected, error }) => {
    const parsed = parseCheckpoint(input.text);
    if (error !== undefined) return expect(parsed).toMatchObject({ ok: false, error: { code: error } });
    const { origin, size, root } = mustSucceed(parsed);
    expect({ origin, size: String(size), rootHex: Buffer.from(root).toString("hex") }).toEqual(expected);
  });

  it("are written and opened as in the vectors", () => {
    for (const { origin, size, rootHex, text, note } of valid) {
      expect(checkpointText({ origin, size: BigInt(size), root: Buffer.from(rootHex, "hex") })).toBe(text);
      expect(openCheckpoint(note, vkeys)).toMatchObject({
        value: { verified: namesIn(note) },
      });
    }
  });
});

describe("offline proofs", () => {
  const proven = valid.filter((v: { proof?: unknown }) => v.proof !== undefined);

  it("verify, are parsed and are written as in the vectors", () => {
    for (const { size, proof } of proven) {
      expect(writeProof(mustSucceed(parseProof(proof.text)))).toBe(proof.text);
      const verified = verifyOffline(proof.text, Buffer.from(proof.leafHex, "hex"), log.vkey, vkeys.slice(2));
      expect(verified).toMatchObject({
        value: { index: proof.index, size, witnesses: namesIn(proof.text).slice(1) },
      });
    }
  });

  const { proof } = proven.at(-1);
  const leaf = Buffer.from(proof.leafHex, "hex");

  it.each([
    ["another leaf", proof.text, Buffer.from("other"), log.vkey, "PROOF_FAILS"],
    ["another index", proof.text.replace("index 280", "index 281"), leaf, log.vkey, "PROOF_FAILS"],
    ["an index beyond the log", proof.text.replace("index 280", "index 999"), leaf, log.vkey, "PROOF_FAILS"],
    ["another log's key", proof.text, leaf, keys[1].vkey, "PROOF_WRONG_LOG"],
    [
      "a line that is no hash",
      proof.text.replace("index 280\n", "index 280\nAAAA\n"),
      leaf,
      log.vkey,
      "PROOF_MALFORMED",
    ],
    ["no index", proof.text.replace("index 280\n", ""), leaf, log.vkey, "PROOF_MALFORMED"],
  ])("are refused with %s", (_what, text, bytes, vkey, code) => {
    expect(verifyOffline(text, bytes, vkey, vkeys.slice(2))).toMatchObject({ ok: false, error: { code } });
  });

  it("keep extra data", () => {
    const written = writeProof({ ...mustSucceed(parseProof(proof.text)), extra: Buffer.from("x") });
    expect(parseProof(written)).toMatchObject({ value: { extra: Buffer.from("x") } });
  });
});
