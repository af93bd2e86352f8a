import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { assetPath, assetRoutes } from "./assets.ts";
// biome-ignore lint/correctness/useImportExtensions: a plain script, as browsers run it
import { verifyProof } from "./verify-proof.mjs";

const { keys, valid } = JSON.parse(readFileSync("test/vectors/signed-note.json", "utf8"));
const [logKey, otherLog, witness, otherWitness] = keys.map(({ vkey }: { vkey: string }) => vkey);
const vector = valid.at(-1);
const leaf = Uint8Array.from(Buffer.from(vector.proof.leafHex, "hex"));
const proof: string = vector.proof.text;

describe("verifying a proof in the browser", () => {
  it("confirms a leaf, its log and the witnesses of the published vector", async () => {
    expect(await verifyProof({ proof, leaf, logKey, witnessKeys: [witness, otherWitness] })).toMatchObject({
      ok: true,
      index: vector.proof.index,
      size: vector.size,
      witnesses: ["witness.example/500000", "witness.example/520100"],
    });
  });

  it.each([
    ["another leaf", "PROOF_FAILS", { proof, leaf: "x", logKey }],
    ["another log's key", "PROOF_WRONG_LOG", { proof, leaf, logKey: otherLog }],
    ["a longer proof", "PROOF_FAILS", { proof: proof.replace("\n\n", `\n${"A".repeat(43)}=\n\n`), leaf, logKey }],
    ["an altered size", "NOTE_BAD_SIGNATURE", { proof: proof.replace(`\n${vector.size}\n`, "\n9\n"), leaf, logKey }],
    ["what is no proof", "PROOF_MALFORMED", { proof: "x", leaf, logKey }],
    ["a key that is none", "NOTE_BAD_KEY", { proof, leaf, logKey: "x" }],
  ])("refuses %s", async (_what, code, given) => {
    expect(await verifyProof(given)).toMatchObject({ ok: false, code, zh: expect.any(String), en: expect.any(String) });
  });

  it("betrays every byte of the proof that is changed", async () => {
    const bytes = Buffer.from(proof);
    const undetected: number[] = [];
    for (let place = 0; place < bytes.length; place++) {
      const before = bytes[place] ?? 0;
      bytes[place] = before ^ 1;
      const given = { proof: bytes.toString("utf8"), leaf, logKey, witnessKeys: [witness, otherWitness] };
      const verdict = await verifyProof(given);
      // A line under an altered name or key id is a stranger's: then that witness has not signed.
      if (verdict.ok && verdict.witnesses.length === 2) undetected.push(place);
      bytes[place] = before;
    }
    // Lines of keys that nobody asked about are not the reader's concern.
    const foreign = undetected.filter((place) => place < bytes.indexOf("\n— "));
    expect(foreign).toEqual([]);
  });

  it("is served as a script of the console's own", async () => {
    const answer = await assetRoutes().request(assetPath("verify-proof.js"));
    expect(answer.headers.get("content-type")).toContain("text/javascript");
    expect(await answer.text()).toContain("export async function verifyProof");
  });
});
