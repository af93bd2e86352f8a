import { beforeEach, describe, expect, it } from "vitest";
import { leafBytes } from "../../node/audit/store.ts";
import { mustSucceed, ok } from "../../node/kernel/exchange-error.ts";
import { invoices } from "../../node/payments/store.ts";
import { list, transact } from "../../node/storage/transact.ts";
import {
  type PayingRegion,
  type PayingWorld,
  PERIOD,
  payingRegions,
  person,
  sign,
  signedStatement,
} from "./paying-regions.ts";

const [SELLER, BUYER] = ["510100", "500000"] as const;
const about = { periodId: PERIOD, agreementId: "AGR-1" };
const refused = (code: string, details: object = {}) => ({ ok: false, error: { code, ...details } });

describe("invoices over a signed statement of 400.00", () => {
  let world: PayingWorld;
  let seller: PayingRegion;
  let buyer: PayingRegion;
  beforeEach(() => {
    world = payingRegions([SELLER, BUYER]);
    seller = world.at(SELLER);
    buyer = world.at(BUYER);
    sign(world, signedStatement("AGR-1", SELLER, BUYER, { "510100:provider": "40000" }));
  });
  const record = ({ payments }: PayingRegion, number: string, more: { fen?: string; date?: string } = {}) =>
    payments.recordInvoice(person("one"), { ...about, number, date: "2026-11-04", ...more });
  const cancel = ({ payments }: PayingRegion, number: string, who = person("one")) =>
    payments.cancelInvoice(who, { ...about, number, reason: "金额有误" });
  const moneyOf = async ({ payments }: PayingRegion) => mustSucceed(await payments.money(PERIOD))[0];

  it("are of what is not invoiced yet where no amount is given, and never of more", async () => {
    mustSucceed(await record(seller, "FP-1", { fen: "30000" }));
    expect(await moneyOf(seller)).toMatchObject({ state: "agreed", invoicedFen: "30000" });
    const over = await record(seller, "FP-9", { fen: "10001" });
    expect(over).toMatchObject(refused("INVOICE_AMOUNT", { details: { value: "100.01", left: "100.00" } }));
    expect(mustSucceed(await record(seller, "FP-2"))).toMatchObject({ fen: "10000" });
    // The same again is the same once.
    expect(mustSucceed(await record(seller, "FP-2"))).toMatchObject({ fen: "10000" });
    expect(await record(seller, "FP-2", { fen: "5000" })).toMatchObject(refused("INVOICE_EXISTS"));
    expect(await record(seller, "FP-3")).toMatchObject(refused("INVOICE_AMOUNT", { details: { left: "0.00" } }));
    await world.quiet();
    for (const region of [seller, buyer]) {
      expect(await moneyOf(region)).toMatchObject({ state: "invoiced", invoicedFen: "40000" });
    }
    const facts = mustSucceed(await seller.payments.invoiceFacts(PERIOD, "AGR-1"));
    expect(facts).toMatchObject({ invoicedFen: "40000", leftFen: "0" });
  });

  it("of several people at once do not exceed it together", async () => {
    const all = await Promise.all(["A", "B", "C"].map((number) => record(seller, number, { fen: "20000" })));
    expect(all.filter((one) => one.ok)).toHaveLength(2);
    expect(await moneyOf(seller)).toMatchObject({ state: "invoiced", invoicedFen: "40000" });
  });

  it("are the seller's to record, so that no number of the buyer's stands in its way", async () => {
    expect(await record(buyer, "FP-3")).toMatchObject(refused("INVOICE_ISSUER", { details: { seller: SELLER } }));
    // As a version before this one let the buyer do.
    const early = { ...about, number: "FP-3", date: "2030-01-01", fen: "99999999", issuer: BUYER, recordedAt: "" };
    await transact(seller.store, [], (tx) => ok(tx.put(invoices.at(PERIOD, "AGR-1", "FP-3"), early)));
    expect(await moneyOf(seller)).toMatchObject({ state: "agreed", invoicedFen: "0" });
    expect(mustSucceed(await record(seller, "FP-3"))).toMatchObject({ issuer: SELLER, fen: "40000" });
    expect(await moneyOf(seller)).toMatchObject({ state: "invoiced", invoices: [{}, {}] });
  });

  it("bear a day that is no later than tomorrow", async () => {
    expect(await record(seller, "FP-1", { date: "2026-11-06" })).toMatchObject(refused("INVOICE_DATE"));
    mustSucceed(await record(seller, "FP-1", { date: "2026-11-05" }));
  });

  it("that a peer sends are held to the same", async () => {
    let count = 0;
    const send = (body: object, peer: string = SELLER) => {
      const message = { id: `M-${count++}`, peer, kind: "NetInvoice", traceId: "", binding: "grpc", topic: "netting" };
      const facts = { ...about, number: "FP-1", date: "2026-11-04", fen: "40000", ...body };
      return world.at(peer === SELLER ? BUYER : SELLER).outbox.receive({ ...message, body: facts } as never);
    };
    expect(await send({ fen: "40001" })).toMatchObject(refused("INVOICE_AMOUNT"));
    expect(await send({ date: "2030-01-01" })).toMatchObject(refused("INVOICE_DATE"));
    expect(await send({}, BUYER)).toMatchObject(refused("INVOICE_ISSUER"));
    expect(await moneyOf(buyer)).toMatchObject({ invoices: [] });
    mustSucceed(await send({}));
    expect(await send({ fen: "1" })).toMatchObject(refused("INVOICE_EXISTS"));
    mustSucceed(await send({}));
    expect(await moneyOf(buyer)).toMatchObject({ state: "invoiced", invoicedFen: "40000" });
  });

  it("are cancelled by who recorded them, in both regions and with a leaf, and then recorded anew", async () => {
    mustSucceed(await record(seller, "FP-1"));
    await world.quiet();
    expect(await cancel(buyer, "FP-1")).toMatchObject(refused("INVOICE_NOT_FOUND"));
    expect(await cancel(seller, "FP-2")).toMatchObject(refused("INVOICE_NOT_FOUND"));
    expect(await cancel(seller, "FP-1", person("two", "auditor"))).toMatchObject(refused("ROLE_REQUIRED"));
    const cancelled = mustSucceed(await cancel(seller, "FP-1"));
    expect(mustSucceed(await cancel(seller, "FP-1"))).toEqual(cancelled);
    await world.quiet();
    for (const region of [seller, buyer]) {
      expect(await moneyOf(region)).toMatchObject({
        ...{ state: "agreed", invoicedFen: "0" },
        invoices: [{ number: "FP-1", cancelledFor: "金额有误" }],
      });
    }
    const kinds: string[] = [];
    for await (const bytes of list(seller.store, leafBytes)) kinds.push(JSON.parse(Buffer.from(bytes).toString()).kind);
    expect(kinds).toEqual(["invoice.recorded", "invoice.cancelled"]);
    mustSucceed(await record(seller, "FP-1", { fen: "12300" }));
    await world.quiet();
    for (const region of [seller, buyer]) {
      const money = await moneyOf(region);
      expect(money).toMatchObject({ state: "agreed", invoicedFen: "12300", invoices: [{ fen: "12300" }] });
      expect(money?.invoices[0]).not.toHaveProperty("cancelledAt");
    }
  });
});
