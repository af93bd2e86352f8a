import { describe, expect, it } from "vitest";
import { signerFromSeed } from "../kernel/ed25519.ts";
import { mustSucceed, ok } from "../kernel/exchange-error.ts";
import { openMemoryStore } from "../storage/memory.ts";
import { transact } from "../storage/transact.ts";
import { logNoteSigner } from "./note.ts";
import { drawIndices, takeSample, verifySample } from "./sample.ts";
import { signLatest } from "./signed-head.ts";
import { appendLeaf, appendLeafRefs } from "./store.ts";
import { treeOn } from "./tree.ts";

const TEXT = "main/510100/log\n10\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";

describe("drawing a sample", () => {
  it("draws what anybody draws from the same checkpoint and words", () => {
    // Both from a few lines of Python written from the rule alone.
    expect(drawIndices(TEXT, "", 10n, 10).map(Number)).toEqual([0, 8, 1, 7, 4, 3, 5, 2, 6, 9]);
    const some = [348_832, 758_927, 153_729, 594_700, 425_943];
    expect(drawIndices(TEXT, "6-2-5", 1_000_000n, 5).map(Number)).toEqual(some);
    expect(drawIndices(TEXT, "", 10n, 4)).toEqual(drawIndices(TEXT, "", 10n, 10).slice(0, 4));
  });

  it("never draws an entry twice, and the whole log when it is shorter than the sample", () => {
    expect(
      drawIndices(TEXT, "", 10n, 50)
        .map(Number)
        .sort((a, b) => a - b),
    ).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(drawIndices(TEXT, "", 0n, 5)).toEqual([]);
    expect(new Set(drawIndices(TEXT, "", 1_000n, 500)).size).toBe(500);
  });

  it("favours no entry", () => {
    const counts = Array.from({ length: 8 }, () => 0);
    for (let salt = 0; salt < 4_000; salt++) {
      const [first] = drawIndices(TEXT, String(salt), 8n, 1);
      counts[Number(first)] = (counts[Number(first)] ?? 0) + 1;
    }
    // 500 expected each, standard deviation 21: five of them is beyond chance, and the salts are fixed.
    for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(105);
  });
});

describe("a sample of a log", () => {
  it("is verified with the keys alone, and betrays an entry that was exchanged", async () => {
    const store = openMemoryStore();
    await transact(store, appendLeafRefs(), (tx) => {
      for (let n = 0; n < 40; n++) {
        appendLeaf(tx, "510100", {
          kind: "catalog.published",
          atMs: 0,
          subject: `e-${n}`,
          actor: "node",
          digest: "",
        });
      }
      return ok(true);
    });
    const tree = treeOn(store);
    const signer = logNoteSigner("main/510100/log", signerFromSeed(new Uint8Array(32).fill(7)));
    const runtime = { nowMs: () => 0, randomBytes: () => new Uint8Array(), failPoint: () => {} } as never;
    mustSucceed(await signLatest({ store, runtime, tree }, signer.name, signer));
    const sample = mustSucceed(await takeSample({ store, tree }, { n: 5, salt: "6-2-5" }));
    expect(mustSucceed(verifySample(sample, signer.vkey, []))).toMatchObject({ size: "40", count: 5 });

    const [first, ...rest] = sample.items;
    if (first === undefined) throw new Error("nothing was drawn");
    const code = (given: unknown) => {
      const verified = verifySample(given, signer.vkey, []);
      return verified.ok ? undefined : verified.error.code;
    };
    const forged = { ...first, leaf: { ...first.leaf, subject: "e-x" } };
    expect(code({ ...sample, items: [forged, ...rest] })).toBe("SAMPLE_NOT_IN_LOG");
    expect(code({ ...sample, items: [...rest, first] })).toBe("SAMPLE_NOT_AS_DRAWN");
    expect(code({ ...sample, salt: "" })).toBe("SAMPLE_NOT_AS_DRAWN");
    expect(code({ ...sample, items: undefined })).toBe("SAMPLE_MALFORMED");
  });
});
