import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { signerFromSeed } from "../kernel/ed25519.ts";
import { ok } from "../kernel/exchange-error.ts";
import { silentLogger } from "../kernel/logger.ts";
import { noMetrics } from "../kernel/metrics.ts";
import { collection } from "../storage/collection.ts";
import { openMemoryStore } from "../storage/memory.ts";
import { list, read, transact } from "../storage/transact.ts";
import { checkpointText } from "./checkpoint.ts";
import { heldFindings } from "./findings.ts";
import { hashOfNodes, leafHash, nodesOf } from "./merkle.ts";
import { logNoteSigner, signNote, witnessNoteSigner, writeNote } from "./note.ts";
import { leafBytes, logHead } from "./store.ts";
import { completeRoot } from "./tile.ts";
import { addCheckpoint } from "./witness.ts";

const { keys, valid } = JSON.parse(readFileSync("test/vectors/signed-note.json", "utf8"));
const merkle = JSON.parse(readFileSync("test/vectors/merkle.json", "utf8"));
const signerOf = (i: number) => signerFromSeed(Buffer.from(keys[i].seedHex, "hex"));
const log = logNoteSigner(keys[0].name, signerOf(0));

function witness(nowMs = 0) {
  const store = openMemoryStore();
  const deps = {
    store,
    runtime: { nowMs: () => nowMs, randomBytes: (size: number) => new Uint8Array(size), failPoint: () => {} },
    logger: silentLogger,
    metrics: noMetrics,
    region: "500000",
    witnessSigner: witnessNoteSigner(keys[2].name, signerOf(2)),
    peers: () => [{ region: "510100", logVkey: log.vkey }],
  };
  return { store, add: (body: string) => addCheckpoint(deps, body) };
}

/** An add-checkpoint body over the tree of merkle.json. */
function request(old: number, size: number, options: { root?: string; signer?: typeof log; origin?: string } = {}) {
  const root = Buffer.from(options.root ?? merkle.roots[size], "hex");
  const text = checkpointText({ origin: options.origin ?? log.name, size: BigInt(size), root });
  const found = merkle.consistency.find(
    (c: { first: string; second: string }) => c.first === String(old) && c.second === String(size),
  );
  const lines: string[] = (found?.proof ?? []).map(
    (hash: string) => `${Buffer.from(hash, "hex").toString("base64")}\n`,
  );
  return `old ${old}\n${lines.join("")}\n${writeNote(text, [signNote(text, options.signer ?? log)])}`;
}

function rootOfNotes(size: number): string {
  const hashes = Array.from({ length: size }, (_, i) => leafHash(Buffer.from(`note-20261001-${i}`)));
  const nodes = nodesOf({ from: 0n, to: BigInt(size) });
  const roots = nodes.map(({ level, index }) => {
    const first = Number(index) * 2 ** level;
    return completeRoot(hashes.slice(first, first + 2 ** level));
  });
  return Buffer.from(hashOfNodes(roots)).toString("hex");
}

describe("a witness", () => {
  it("cosigns the vectors byte for byte, each from the size the log says it signed last", async () => {
    for (const { addCheckpoint: vector, cosignedAt, cosignatureLine } of valid) {
      const { store, add } = witness(Number(cosignedAt) * 1000);
      if (vector.oldSize !== "0") {
        const seen = { size: vector.oldSize, root: rootOfNotes(Number(vector.oldSize)), note: "" };
        await transact(store, [], (tx) => ok(tx.put(collection("audit-witness").at(log.name), seen)));
      }
      expect(await add(vector.body)).toEqual({ status: 200, body: cosignatureLine });
    }
  });

  it("follows a log and takes the same checkpoint again", async () => {
    const { add } = witness();
    for (const [old, size] of [
      [0, 3],
      [3, 7],
      [7, 7],
      [7, 115],
    ] as const) {
      expect((await add(request(old, size))).status).toBe(200);
    }
  });

  it.each([
    ["404 for a log it does not know", 404, request(7, 8, { origin: "heliu.example/1/log" })],
    ["403 without a valid signature of the log", 403, request(7, 8, { signer: logNoteSigner(log.name, signerOf(1)) })],
    [
      "403 with a forged signature",
      403,
      request(7, 8).replace(/[A-Z]=\n$/, (end) => (end[0] === "A" ? "E=\n" : "A=\n")),
    ],
    ["400 when old is above the size", 400, request(8, 7)],
    ["400 for what is no such body", 400, "old x\n\n"],
    ["400 for a hash that is none", 400, request(7, 8).replace("old 7\n", "old 7\nAAAA\n")],
    ["422 when the proof fails", 422, request(7, 8).replace("old 7\n", `old 7\n${"A".repeat(43)}=\n`)],
    ["422 when the log was rewritten", 422, request(7, 12, { root: merkle.roots[11] })],
  ])("answers %s and keeps what it had", async (_what, status, body) => {
    const { add } = witness();
    await add(request(0, 7));
    expect((await add(body)).status).toBe(status);
    expect((await add(request(7, 115))).status).toBe(200);
  });

  it("answers 409 and the size it knows when the log is mistaken about it", async () => {
    const { add } = witness();
    await add(request(0, 7));
    expect(await add(request(3, 8))).toEqual({ status: 409, body: "7\n" });
    expect(await add(request(0, 3))).toEqual({ status: 409, body: "7\n" });
  });

  it.each([
    ["for the size it signed last", request(7, 7, { root: merkle.roots[8] })],
    ["for a size of long ago", request(3, 3, { root: merkle.roots[8] })],
  ])("keeps two roots %s as evidence, once, with a leaf in its own log", async (_what, lie) => {
    const { store, add } = witness();
    await add(request(0, 3));
    await add(request(3, 7));
    expect(await add(lie)).toEqual({ status: 409, body: "7\n" });
    expect((await add(lie)).status).toBe(409);

    const held = await heldFindings(store);
    expect(held).toHaveLength(1);
    expect(held[0]?.notes[0]).not.toBe(held[0]?.notes[1]);
    expect(await read(store, logHead)).toEqual({ size: "1" });
    for await (const bytes of list(store, leafBytes)) {
      expect(JSON.parse(Buffer.from(bytes).toString("utf8"))).toMatchObject({
        kind: "log.equivocation",
        actor: "peer:510100",
      });
    }
  });

  it("keeps of a checkpoint only what the log signed, and no more of that than a checkpoint needs", async () => {
    const { store, add } = witness();
    const padding = Array.from({ length: 200 }, () => `\u2014 ${log.name} ${"A".repeat(4_000)}\n`).join("");
    expect((await add(request(0, 7) + padding)).status).toBe(200);
    const seen = await read(store, collection<{ readonly note: string }>("audit-witness").at(log.name));
    expect(seen?.note.length).toBeLessThan(500);

    const text = `${checkpointText({ origin: log.name, size: 7n, root: Buffer.from(merkle.roots[7], "hex") })}${"x\n".repeat(100_000)}`;
    expect((await add(`old 7\n\n${writeNote(text, [signNote(text, log)])}`)).status).toBe(400);
  });

  it("cosigns only one of two contradicting checkpoints that arrive together", async () => {
    const { add } = witness();
    const answers = await Promise.all([add(request(0, 7)), add(request(0, 7, { root: merkle.roots[8] }))]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });
});
