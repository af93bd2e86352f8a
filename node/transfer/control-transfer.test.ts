import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openEntry } from "../../test/fixtures/catalog-entries.ts";
import { createTransferPair, publisher, requester, type TransferPair } from "../../test/fixtures/transfer-pair.ts";
import { mustSucceed } from "../kernel/exchange-error.ts";
import type { Transfer } from "./model.ts";

const entry = openEntry({
  fields: [{ name: "reg_code", label: "注册代码", type: "string", sensitivity: "S0", key: true }],
});
const ROWS = 600;

let pair: TransferPair;
beforeEach(async () => {
  pair = await createTransferPair(entry, { batchRows: 100 });
  const rows = Array.from({ length: ROWS }, (_, i) => `R${i}`);
  await pair.source({ kind: "csv", path: await pair.file("source.csv", `reg_code\n${rows.join("\n")}\n`) });
  await pair.agree({});
});
afterEach(() => pair.stop());

/** As the consumer holds it: two batches have arrived, and no more do, since the provider waits for their receipts. */
async function running(): Promise<Transfer> {
  pair.wire.control = ({ kind }) => kind !== "receipt";
  const { id } = mustSucceed(await pair.consumer.transfers.start(requester, { agreementId: "AGR-1", selection: {} }));
  return pair.until(id, ({ batches }) => batches === "2");
}

async function bothOf({ id, peerPid }: Transfer) {
  await pair.settle();
  return {
    provider: mustSucceed(await pair.provider.transfers.get(peerPid ?? "")),
    consumer: mustSucceed(await pair.consumer.transfers.get(id)),
  };
}

describe("a transfer that a person stops", () => {
  it("at the provider is the provider's to resume, and both sides read why, as said by that region", async () => {
    const transfer = await running();
    const { transfers } = pair.provider;
    mustSucceed(await transfers.suspend(publisher, transfer.peerPid ?? "", "源系统维护到18点"));
    const { provider, consumer } = await bothOf(transfer);
    expect([provider.state, consumer.state]).toEqual(["SUSPENDED", "SUSPENDED"]);
    expect(provider.reason).toMatchObject({
      code: "SUSPENDED_BY_PERSON",
      turn: { region: publisher.region, role: "publisher" },
    });
    expect(provider.reason?.text.zh).toContain(`地区 ${publisher.region} 说明:「源系统维护到18点」`);
    expect(provider.reason?.text.en).toContain("源系统维护到18点");
    expect(consumer.reason).toEqual(provider.reason);
    mustSucceed(await transfers.resume(publisher, transfer.peerPid ?? ""));
  });

  it("at the consumer is the consumer's to resume", async () => {
    const transfer = await running();
    mustSucceed(await pair.consumer.transfers.suspend(requester, transfer.id));
    const { provider, consumer } = await bothOf(transfer);
    expect(consumer.reason?.turn).toEqual({ region: requester.region, role: "requester" });
    expect(provider.reason).toEqual(consumer.reason);
  });

  it("for good says why at both sides, in no more words than a reason holds", async () => {
    const transfer = await running();
    const comment = `数据有误${"。".repeat(1_900)}`;
    mustSucceed(await pair.provider.transfers.terminate(publisher, transfer.peerPid ?? "", comment));
    const { provider, consumer } = await bothOf(transfer);
    expect(consumer).toMatchObject({ state: "TERMINATED", reason: { code: "TERMINATED_BY_PERSON", turn: null } });
    expect(consumer.reason?.text.zh).toContain("数据有误");
    expect(consumer.reason?.text.zh.length).toBeLessThan(600);
    expect(consumer.reason).toEqual(provider.reason);
  });
});
