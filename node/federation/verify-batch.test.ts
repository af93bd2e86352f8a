import { beforeEach, describe, expect, it } from "vitest";
import { otherSpellings } from "../../test/fixtures/spellings.ts";
import { EMPTY_HEAD } from "../catalog/change-chain.ts";
import type { SignedChangeBatch } from "../catalog/model.ts";
import { mustSucceed } from "../kernel/exchange-error.ts";
import { sourceRegion } from "./testing/source-region.ts";
import { verifyBatch } from "./verify-batch.ts";

const source = () => sourceRegion("510100");
let chengdu = source();
let batch: SignedChangeBatch;
const start = { region: "510100", sequence: "0", head: EMPTY_HEAD };
const keyOf = (keyId: string) => chengdu.statementKey("510100", keyId);

beforeEach(async () => {
  chengdu = source();
  await chengdu.publish("a");
  await chengdu.hide("b");
  await chengdu.withdraw("a");
  batch = (await chengdu.catalog.changesAfter("0", "500000", 100)) as SignedChangeBatch;
});

describe("a batch of a peer's changes", () => {
  it("is taken when signature, chain and place hold, hidden changes as what they are", () => {
    const proved = mustSucceed(verifyBatch(batch, start, keyOf));
    expect(proved.map(({ kind }) => kind)).toEqual(["visible", "hidden", "visible"]);
    expect(proved[0]).toMatchObject({ change: { entryId: "a", entry: { name: "a", version: 1 } } });
    expect(proved[2]).toMatchObject({ change: { entryId: "a", entry: null } });
  });

  it.each<[string, (good: SignedChangeBatch) => SignedChangeBatch]>([
    ["FED_WRONG_REGION", (good) => ({ ...good, region: "500000" })],
    ["FED_MALFORMED", (good) => ({ ...good, sequence: "0x3" })],
    ["FED_MALFORMED", (good) => ({ ...good, head: good.head.toUpperCase() })],
    ["FED_UNKNOWN_KEY", (good) => ({ ...good, keyId: "ed25519:0000000000000000" })],
    ["FED_SIGNATURE", (good) => ({ ...good, sequence: "4" })],
    ["FED_SIGNATURE", (good) => ({ ...good, head: "1".repeat(64) })],
    ["FED_SIGNATURE", (good) => ({ ...good, signature: "" })],
    ["FED_CHAIN", (good) => ({ ...good, previousHead: "1".repeat(64) })],
    ["FED_CHAIN", (good) => ({ ...good, changes: good.changes.slice(1) })],
    ["FED_CHAIN", (good) => ({ ...good, changes: good.changes.toReversed() })],
    [
      "FED_CHAIN",
      (good) => ({
        ...good,
        changes: good.changes.map((one) => ({
          ...one,
          change: one.change?.replace('"name":"a"', '"name":"z"') ?? null,
        })),
      }),
    ],
  ])("is refused as %s when it was changed on its way", (code, change) => {
    expect(verifyBatch(change(batch), start, keyOf)).toMatchObject({ ok: false, error: { code } });
  });

  it.each(otherSpellings)("is refused when its signature is spelt %s", (_what, spell) => {
    const respelt = { ...batch, signature: spell(batch.signature) };
    expect(verifyBatch(respelt, start, keyOf)).toMatchObject({ error: { code: "FED_SIGNATURE" } });
  });

  it("that does not begin where the mirror stands is a gap", () => {
    const point = { ...start, sequence: "1", head: "1".repeat(64) };
    expect(verifyBatch(batch, point, keyOf)).toMatchObject({ error: { code: "FED_GAP", details: { first: "0" } } });
  });

  it("of another history under the same numbers says that the history has changed", async () => {
    const tail = (await chengdu.catalog.changesAfter("1", "500000", 100)) as SignedChangeBatch;
    const point = { ...start, sequence: "1", head: "1".repeat(64) };
    expect(verifyBatch(tail, point, keyOf)).toMatchObject({ error: { code: "FED_HISTORY_CHANGED" } });
  });
});
