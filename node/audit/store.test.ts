import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ok } from "../kernel/exchange-error.ts";
import { openMemoryStore } from "../storage/memory.ts";
import { list, read, transact } from "../storage/transact.ts";
import { leafHash } from "./merkle.ts";
import { type AuditEvent, leafSchema } from "./model.ts";
import { agreementLeaves, appendAgreementHead, appendLeaf, appendLeafRefs, leafBytes, logHead } from "./store.ts";

const event: AuditEvent = {
  kind: "negotiation.changed",
  atMs: Date.UTC(2026, 9, 5, 8),
  subject: "urn:uuid:1",
  actor: "approver",
  digest: `sha256:${"0".repeat(64)}`,
};

async function leafAt(store: ReturnType<typeof openMemoryStore>, index: bigint) {
  const bytes = (await read(store, leafBytes.at(index))) ?? new Uint8Array();
  return { bytes, leaf: leafSchema.parse(JSON.parse(Buffer.from(bytes).toString("utf8"))) };
}

describe("appendLeaf", () => {
  it("numbers the leaves of one commit and of later ones without a gap", async () => {
    const store = openMemoryStore();
    const append = () =>
      transact(store, appendLeafRefs(), (tx) =>
        ok([appendLeaf(tx, "510100", event).index, appendLeaf(tx, "510100", event).index]),
      );
    expect(await append()).toMatchObject({ value: ["0", "1"] });
    expect(await append()).toMatchObject({ value: ["2", "3"] });
    expect(await read(store, logHead)).toEqual({ size: "4" });
  });

  it("chains the leaves of an agreement, each naming the hash of the one before, and its head fixes how many there are", async () => {
    const store = openMemoryStore();
    const about = { ...event, agreementId: "A1" };
    await transact(store, appendLeafRefs(["A1", "A2"]), (tx) => {
      appendLeaf(tx, "510100", about);
      appendLeaf(tx, "510100", { ...about, agreementId: "A2" });
      appendLeaf(tx, "510100", { ...about, detail: { agreementSeq: "9", reason: "x" } });
      return ok(appendAgreementHead(tx, "510100", { agreementId: "A1", atMs: event.atMs, actor: "node" }));
    });

    const own: string[] = [];
    for await (const index of list(store, agreementLeaves, ["A1"])) own.push(index);
    expect(own).toEqual(["0", "2", "3"]);

    const [first, second, head] = await Promise.all(own.map((index) => leafAt(store, BigInt(index))));
    expect(first?.leaf.detail).toMatchObject({ agreementSeq: "1", agreementPrev: "0".repeat(64) });
    const firstHash = Buffer.from(leafHash(first?.bytes ?? new Uint8Array())).toString("hex");
    expect(second?.leaf.detail).toEqual({
      agreementId: "A1",
      agreementSeq: "2",
      agreementPrev: firstHash,
      reason: "x",
    });
    expect(head?.leaf).toMatchObject({ kind: "agreement.head", detail: { lastSeq: "2", agreementSeq: "3" } });
  });

  it.each([
    ["AUDIT_LEAF_TOO_BIG", "x".repeat(65_536)],
    ["CANONICAL_LONE_SURROGATE", "\ud800"],
  ])("ends the whole commit with %s, writing nothing", async (code, reason) => {
    const store = openMemoryStore();
    const done = await transact(store, appendLeafRefs(), (tx) => {
      appendLeaf(tx, "510100", event);
      return ok(appendLeaf(tx, "510100", { ...event, detail: { reason } }));
    });
    expect(done).toMatchObject({ ok: false, error: { code } });
    expect(await read(store, logHead)).toBeUndefined();
  });

  it("hashes the entries of the vectors as they say", () => {
    const { auditEntries } = JSON.parse(readFileSync("test/vectors/merkle.json", "utf8"));
    for (const { leafHex, leafHash: expected } of auditEntries) {
      expect(Buffer.from(leafHash(Buffer.from(leafHex, "hex"))).toString("hex")).toBe(expected);
    }
  });
});
