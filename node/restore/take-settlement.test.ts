import { beforeAll, expect, it } from "vitest";
import { otherSpellings } from "../../test/fixtures/spellings.ts";
import { closeBoth } from "../../test/settlement/settled-world.ts";
import {
  AGR_7,
  agreementOf,
  CONSUMER,
  holdBoth,
  OCTOBER,
  PROVIDER,
  receiptChain,
  signerOf,
  twoRegions,
} from "../../test/settlement/two-regions.ts";
import { ok } from "../kernel/exchange-error.ts";
import { systemRuntime } from "../kernel/runtime.ts";
import { putAgreement } from "../negotiation/store.ts";
import { settlementRef } from "../settlement/process.ts";
import type { Settlement } from "../settlement/process-model.ts";
import { openMemoryStore } from "../storage/memory.ts";
import { read, transact } from "../storage/transact.ts";
import type { RestoreDeps } from "./deps.ts";
import { takeSettlement } from "./take-settlement.ts";

const place = settlementRef({ agreementId: "AGR-7", periodId: "2026-10" });
let record: Settlement;

beforeAll(async () => {
  const world = await twoRegions();
  await holdBoth(world, receiptChain("AGR-7", OCTOBER));
  await closeBoth(world);
  record = (await read(world.provider().store, place)) as Settlement;
});

/** The consumer with its agreement, and without what it settled. */
async function emptied() {
  const store = openMemoryStore();
  await transact(store, [], (tx) => ok(putAgreement(tx, undefined, agreementOf(AGR_7, "consumer"))));
  const regions = [PROVIDER, CONSUMER].map((id) => {
    const { keyId, publicKey } = signerOf(id);
    return { id, statementKeys: [{ keyId, publicKey: Buffer.from(publicKey).toString("base64") }] };
  });
  const trust = { current: () => ({ list: { regions } }) };
  // All that taking a settlement uses of a restore.
  const deps = { store, region: CONSUMER, runtime: systemRuntime, trust } as unknown as RestoreDeps;
  return { store, take: (given: Settlement) => takeSettlement(deps, PROVIDER, given) };
}

it("takes a settlement that both regions signed from the other side's record, and again as what is there", async () => {
  const { store, take } = await emptied();
  expect(await take(record)).toEqual(ok("taken"));
  expect(await read(store, place)).toMatchObject({ state: "open", isApproved: true, own: record.theirs });
  expect(await take(record)).toEqual(ok("present"));
});

it.each(otherSpellings)("takes no settlement with a signature that is spelt %s", async (_what, spell) => {
  const { store, take } = await emptied();
  const { signature, theirSignature } = record;
  if (signature === null || theirSignature === null) throw new Error("it is settled");
  const refused = { error: { code: "RESTORE_RECORD" } };
  const respelt = { ...signature, signature: spell(signature.signature) };
  const theirsRespelt = { ...theirSignature, signature: spell(theirSignature.signature) };
  expect(await take({ ...record, signature: respelt })).toMatchObject(refused);
  expect(await take({ ...record, theirSignature: theirsRespelt })).toMatchObject(refused);
  expect(await read(store, place)).toBeUndefined();
});

it.each<[string, (whole: Settlement) => unknown]>([
  ["nothing", () => null],
  ["a signature that is a number", (whole) => ({ ...whole, signature: 5 })],
  ["a signature without its text", (whole) => ({ ...whole, theirSignature: { keyId: "k" } })],
  ["disputes that are a number", (whole) => ({ ...whole, theirs: { ...whole.theirs, disputes: 5 } })],
  ["figures that are none", (whole) => ({ ...whole, own: { figures: 5 } })],
  ["a period that is a number", (whole) => ({ ...whole, periodId: 5 })],
])("refuses %s by name, so that the peer's other records can still be taken", async (_what, spoil) => {
  const { store, take } = await emptied();
  expect(await take(spoil(record) as Settlement)).toMatchObject({ error: { code: "RESTORE_RECORD" } });
  expect(await read(store, place)).toBeUndefined();
});
