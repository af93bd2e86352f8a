import { describe, expect, it } from "vitest";
import { canonicalText } from "../../node/kernel/canonical-json.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { receipts } from "../../node/metering/store.ts";
import { examine, type KeyRing, type StatementBundle } from "../../node/settlement/recompute.ts";
import { readsOf } from "../fixtures/reads-of.ts";
import { closeBoth, statementOf } from "./settled-world.ts";
import { finance, holdBoth, keyOf, OCTOBER, PROVIDER, receiptChain, twoRegions } from "./two-regions.ts";

/** As an auditor reads it: from a file, with the keys in it. */
const read = (bundle: StatementBundle) => JSON.parse(JSON.stringify(bundle)) as StatementBundle;
const ownKeys =
  ({ keys }: StatementBundle): KeyRing =>
  (region, keyId) => {
    const found = keys.find((one) => one.region === region && one.keyId === keyId);
    return found === undefined ? undefined : Buffer.from(found.publicKey, "base64");
  };

async function exported() {
  const world = await twoRegions();
  const chain = receiptChain("AGR-7", OCTOBER);
  await holdBoth(world, chain);
  const about = { agreementId: "AGR-7", periodId: "2026-10", receiptIds: [chain[1]?.core.receiptId ?? ""] };
  mustSucceed(await world.provider().settlements.openDispute(finance(PROVIDER), { ...about, reason: "行数不符" }));
  await closeBoth(world);
  const bundle = read(mustSucceed(await world.provider().settlements.bundle("AGR-7", "2026-10")));
  return { world, bundle, other: receiptChain("AGR-8", OCTOBER) };
}

const codes = (bundle: StatementBundle, keys: KeyRing = keyOf) => examine(bundle, keys).faults.map(({ code }) => code);

describe("an auditor with a bundle and no node", () => {
  it("computes the statement again, byte for byte, with keys of the file or of a trust list", async () => {
    const { world, bundle } = await exported();
    const { digest } = await statementOf(world.consumer());
    for (const keys of [keyOf, ownKeys(bundle)]) {
      const { recomputed, faults } = examine(bundle, keys);
      expect(faults).toEqual([]);
      expect(recomputed).toMatchObject({ digest, receipts: 3, amountFen: "156036" });
    }
  });

  it("is exported by reading that month's receipts, not all that the agreement ever brought", async () => {
    const november = OCTOBER.map((used) => ({ ...used, at: used.at.replace("-10-", "-11-") }));
    const world = await twoRegions();
    await holdBoth(world, receiptChain("AGR-7", [...OCTOBER, ...november.slice(1)]));
    await closeBoth(world);
    world.clock.nowMs = Date.parse("2026-12-03T02:00:00.000Z");
    await closeBoth(world, "2026-11");
    const { store, settlements } = world.provider();
    const keys = readsOf(store);
    for (const periodId of ["2026-10", "2026-11"]) {
      keys.length = 0;
      const bundle = mustSucceed(await settlements.bundle("AGR-7", periodId));
      expect(new Set(bundle.receipts.map(({ core }) => core.periodId))).toEqual(new Set([periodId]));
      const count = keys.filter((key) => key.startsWith(receipts.prefix)).length;
      expect([periodId, count]).toEqual([periodId, periodId === "2026-10" ? 3 : 2]);
    }
  });

  it("names what differs, wherever somebody changed the file", async () => {
    const { bundle, other } = await exported();
    const [first, second, third] = bundle.receipts;
    if (first === undefined || second === undefined || third === undefined) throw new Error("three receipts");
    const cheaper = JSON.parse(bundle.agreement.document);
    cheaper.terms.products[0].unitPriceMicro = "1";
    const told = JSON.parse(bundle.statement);
    told.result.amountFen = "156035";
    const cases: readonly (readonly [string, Partial<StatementBundle>])[] = [
      ["STATEMENT_RECOMPUTED_DIFFERS", { receipts: [first, second] }],
      [
        "RECEIPT_SIGNATURE",
        { receipts: [{ ...first, core: { ...first.core, usage: { calls: "1" } } }, second, third] },
      ],
      ["BUNDLE_FOREIGN", { receipts: [...bundle.receipts, ...other] }],
      ["RECEIPT_SIGNATURE", { receipts: [{ ...first, consumerSignature: second.consumerSignature }, second, third] }],
      ["STATEMENT_TERMS_DIFFER", { terms: cheaper.terms }],
      [
        "BUNDLE_SIGNATURE",
        { terms: cheaper.terms, agreement: { ...bundle.agreement, document: canonicalText(cheaper) } },
      ],
      ["BUNDLE_SIGNATURE", { declaration: { ...bundle.declaration, maxRevenueFen: "1" } }],
      ["STATEMENT_RECOMPUTED_DIFFERS", { statement: canonicalText(told) }],
      ["STATEMENT_RECOMPUTED_DIFFERS", { disputedReceiptIds: [] }],
      ["STATEMENT_SIGNATURE", { signatures: bundle.signatures.slice(1) }],
      ["BUNDLE_FORM", { type: "x" as StatementBundle["type"] }],
    ];
    for (const [code, change] of cases) {
      expect(codes({ ...bundle, ...change }), JSON.stringify(change).slice(0, 80)).toContain(code);
    }
    const { faults } = examine({ ...bundle, statement: canonicalText(told) }, keyOf);
    expect(faults[0]?.text.en).toContain("result.amountFen: 156035 ≠ 156036");
  });
});
