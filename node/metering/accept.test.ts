import { beforeEach, describe, expect, it } from "vitest";
import { OCTOBER, receiptChain, signerOf } from "../../test/settlement/two-regions.ts";
import { leafBytes } from "../audit/store.ts";
import { canonicalText } from "../kernel/canonical-json.ts";
import { mustSucceed, ok } from "../kernel/exchange-error.ts";
import { openMemoryStore } from "../storage/memory.ts";
import type { Store } from "../storage/port.ts";
import { list, read, transact } from "../storage/transact.ts";
import { acceptReceipt, acceptReceiptRefs, completeReceipt, completeReceiptRefs } from "./accept.ts";
import type { HeldReceipt } from "./model.ts";
import { parseCore } from "./receipt.ts";
import { rowPages } from "./row-pages.ts";
import { receipts } from "./store.ts";

const NOW_MS = Date.parse("2026-10-05T08:00:00.000Z");
const parts = { region: "500000", signer: signerOf("500000") };

/** Two versions of receipt 1, both signed by the provider; the first has the smaller digest, so it stands. */
const [stands, other] = ["1", "2"]
  .flatMap((calls) => receiptChain("AGR-7", [{ ...OCTOBER[0], usage: { calls } } as (typeof OCTOBER)[number]]))
  .sort((a, b) => (a.coreDigest < b.coreDigest ? -1 : 1)) as [HeldReceipt, HeldReceipt];

let store: Store;
beforeEach(() => {
  store = openMemoryStore();
});

/** Takes it in as a consumer that has not signed it. */
async function accept({ core, providerSignature }: HeldReceipt): Promise<string> {
  const checked = mustSucceed(parseCore(canonicalText(core)));
  const taken = await transact(store, acceptReceiptRefs(core, parts), (tx) =>
    acceptReceipt(tx, parts, checked, providerSignature, NOW_MS),
  );
  return mustSucceed(taken);
}

describe.each([
  ["the one that stands", [stands, other]],
  ["the other one", [other, stands]],
])("a number of which two versions came, %s first", (_which, order) => {
  beforeEach(async () => {
    const outcomes = [];
    for (const version of order) outcomes.push(await accept(version));
    expect(outcomes).toEqual(["next", "equivocation"]);
  });

  it("is in the statement's tree with the version that stands, although nobody has signed it", async () => {
    const digests: string[] = [];
    for await (const page of rowPages(store, { agreementId: "AGR-7", throughPeriod: "2026-10" })) {
      digests.push(...page.map(({ coreDigest }) => coreDigest));
    }
    expect(digests).toEqual([stands.coreDigest]);
  });

  it.each([
    ["the version that stands", stands],
    ["the other version", other],
  ])("takes no signature over %s any more", async (_signed, { core, consumerSignature }) => {
    const signature = consumerSignature ?? "";
    await transact(store, completeReceiptRefs(core), (tx) => ok(completeReceipt(tx, parts, core, signature, NOW_MS)));
    const held = await read(store, receipts.at("AGR-7", "forward", 1n));
    expect(held).toMatchObject({ coreDigest: stands.coreDigest, consumerSignature: null });
    for await (const leaf of list(store, leafBytes)) expect(Buffer.from(leaf).toString("utf8")).toBe("");
  });
});
