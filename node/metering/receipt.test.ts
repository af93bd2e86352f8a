import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { chain } from "./chain.ts";
import { checkOffered, checkReceipt, type KeyLookup, receiptIdOf, signedBytesOf } from "./receipt.ts";
import { checkCoreShape } from "./receipt-shape.ts";

type Case = {
  readonly id: string;
  readonly op: "check" | "chain";
  readonly note?: string;
  readonly input: { readonly receipt: unknown; readonly receipts: readonly unknown[] };
  readonly expect?: { readonly [name: string]: unknown };
  readonly error?: string;
};

const file = new URL("../../test/vectors/receipt.json", import.meta.url);
const vectors: { readonly knownKeys: { keyId: string; publicHex: string }[]; readonly cases: Case[] } = JSON.parse(
  readFileSync(file, "utf8"),
);
const known = new Map(vectors.knownKeys.map(({ keyId, publicHex }) => [keyId, Buffer.from(publicHex, "hex")]));
const keys: KeyLookup = (_region, keyId) => known.get(keyId);

function outcome({ op, input }: Case): unknown {
  if (op === "check") {
    const checked = checkReceipt(input.receipt, keys);
    if (!checked.ok) return checked.error.code;
    const { core, coreDigest } = checked.value;
    return { receiptId: core.receiptId, signedBytesHex: signedBytesOf(core).toString("hex"), coreDigest };
  }
  const heads = chain(input.receipts, keys);
  return heads.ok ? Object.fromEntries(heads.value) : heads.error.code;
}

describe("a receipt", () => {
  it.each(vectors.cases.map((each) => [each.id, each.op, each.note ?? "", each] as const))(
    "%s %s %s",
    (_id, _op, _note, each) => {
      expect(outcome(each)).toEqual(each.error ?? each.expect);
    },
  );

  it("has the id that the specification gives for AGR-7, forward, 1", () => {
    expect(receiptIdOf("AGR-7", "forward", "1")).toBe(
      "a689d08877963020a9369c1ae3c5e9373dbe566a31cc47c6fb115b200b4270e6",
    );
  });

  it("is refused when a number in it is longer than any that is meant", () => {
    const { core } = (vectors.cases[0] as Case).input.receipt as { core: { usage: object } };
    const digits = "9".repeat(100);
    expect(checkCoreShape({ ...core, seq: digits })).toMatchObject({ error: { code: "RECEIPT_MALFORMED" } });
    expect(checkCoreShape({ ...core, usage: { calls: digits } })).toMatchObject({
      error: { code: "RECEIPT_QUANTITY" },
    });
  });

  it("is refused when its core came in other bytes than the canonical ones", () => {
    const receipt = vectors.cases[0]?.input.receipt as { core: object; providerSignature: string };
    const offered = checkOffered(JSON.stringify(receipt.core, undefined, 1), receipt.providerSignature, keys);
    expect(offered).toMatchObject({ error: { code: "CANONICAL_NOT_CANONICAL" } });
  });
});
