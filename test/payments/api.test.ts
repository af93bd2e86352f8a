import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeXlsxTables } from "../../gateway/formats/xlsx.ts";
import { ok } from "../../node/kernel/exchange-error.ts";
import type { ImportResult } from "../../node/payments/import.ts";
import type { PaymentPage } from "../../node/payments/list-payments.ts";
import type { Due } from "../../node/payments/model.ts";
import { putDue } from "../../node/payments/open.ts";
import { transact } from "../../node/storage/transact.ts";
import { type OneNode, startOneNode } from "../e2e/one-node.ts";

const REFERENCE = "HE7K3Q9M2ABX";
const due: Due = {
  ...{ reference: REFERENCE, periodId: "2026-10", round: "1", planDigest: `sha256:${"0".repeat(64)}` },
  ...{ from: "500000", to: "510100", fen: "19383600", issuedAt: "2026-11-04T02:00:00.000Z" },
  ...{ dueAt: null, dueRule: "RULES_MISSING", dueVerified: true, paidFen: "0", payments: [], confirmedAt: null },
};
const ACCOUNT = "6222021111111111111";

/** The bytes that a Chinese bank's export has; Node decodes GB18030 but does not write it, so its table is turned round. */
function gb18030(text: string): Uint8Array {
  const decoder = new TextDecoder("gb18030");
  const bytesOf = new Map<string, readonly number[]>();
  for (let lead = 0x81; lead <= 0xfe; lead++) {
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      if (trail !== 0x7f) bytesOf.set(decoder.decode(Uint8Array.of(lead, trail)), [lead, trail]);
    }
  }
  return Uint8Array.from([...text].flatMap((one) => bytesOf.get(one) ?? [one.charCodeAt(0)]));
}

describe("bank files over HTTP", () => {
  let one: OneNode;
  const send = (path: string, role: keyof OneNode["tokens"], body: Uint8Array | object) => {
    const isFile = body instanceof Uint8Array;
    return one.request(`/api/v1${path}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${one.tokens[role]}`,
        "content-type": isFile ? "application/octet-stream" : "application/json",
      },
      body: isFile ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body),
    });
  };
  const read = async <T>(path: string): Promise<T> => {
    const headers = { authorization: `Bearer ${one.tokens.finance}` };
    return (await (await one.request(`/api/v1${path}`, { headers })).json()) as T;
  };
  beforeAll(async () => {
    one = await startOneNode();
    await transact(one.node.store, [], (tx) => ok(putDue(tx, due)));
  });
  afterAll(() => one.stop());

  it("reads a GB18030 export with lines above its header, keeps what nobody vouched for, and learns it from two persons", async () => {
    const lines = [
      "账号:,6222000000000000009,户名:,成都市大数据中心",
      "交易日期,收入金额,支出金额,对方账号,对方户名,摘要,交易流水号",
      `20261105,"193,836.00",,6222021111111111111,重庆市大数据局,${REFERENCE} 十月结算,B-1`,
      "合计,,,,,,",
    ];
    const imported = await send("/payments/import?source=ccb&filename=a.csv", "finance", gb18030(lines.join("\r\n")));
    const result = (await imported.json()) as ImportResult & { notes: unknown[] };
    expect(result).toMatchObject({ rows: 1, ownAccount: "6222000000000000009", states: { open: 1 }, faults: [] });
    expect(result.notes).toHaveLength(1);
    const { items } = await read<PaymentPage>("/payments?state=open");
    expect(items).toMatchObject([{ row: 3, date: "2026-11-05", fen: "19383600", rule: "account-unknown" }]);
    const path = `/payments/${items[0]?.id}/match`;
    const allocations = items[0]?.suggestions[0]?.allocations;
    expect((await send(path, "finance", { allocations })).status).toBe(200);
    expect((await send(path, "finance", { confirm: true })).status).toBe(403);
    expect(await (await send(path, "approver", { confirm: true })).json()).toMatchObject({ state: "booked" });
    expect(await read("/payments/dues")).toMatchObject({ items: [{ paidFen: "19383600" }] });
  });

  it("reads an XLSX of the same source by the columns it was told once", async () => {
    const headers = ["哪天", "多少", "谁的账号", "写了什么"];
    const rows = [["2026-11-06", "1.00", ACCOUNT, "利息"]];
    const file = async (digest: string) =>
      writeXlsxTables([{ name: "流水", table: { headers, rows: [[digest], ...rows] } }]);
    const refused = await send("/payments/import?source=gk&account=1234", "finance", await file("合计a"));
    expect(await refused.json()).toMatchObject({ code: "PAYMENT_COLUMNS" });
    const named = new URLSearchParams({ source: "gk", account: "1234" });
    for (const [field, heading] of [
      ["date", "哪天"],
      ["amount", "多少"],
      ["account", "谁的账号"],
      ["text", "写了什么"],
    ]) {
      named.set(`column.${field}`, heading as string);
    }
    expect(await (await send(`/payments/import?${named}`, "finance", await file("合计b"))).json()).toMatchObject({
      rows: 1,
    });
    const again = await send("/payments/import?source=gk", "finance", await file("合计c"));
    expect(await again.json()).toMatchObject({ rows: 1, ownAccount: "1234", columns: { account: "谁的账号" } });
  });

  it("refuses what is no table, and whoever may not", async () => {
    const pdf = await send("/payments/import", "finance", Buffer.from("%PDF-1.7 …"));
    expect(await pdf.json()).toMatchObject({ code: "TABLE_FORMAT_UNKNOWN" });
    expect((await send("/payments/import", "publisher", readFileSync(import.meta.filename))).status).toBe(403);
    expect(await read("/settlements/2026-10/net")).toMatchObject({ code: "NETTING_NOT_FOUND" });
    const wide = ["日期,收入,对方账号", `2026-11-05,1.00,622202${",".repeat(20_000)}`].join("\n");
    expect(await (await send("/payments/import", "finance", Buffer.from(wide))).json()).toMatchObject({
      ...{ code: "TABLE_TOO_WIDE", status: 413 },
    });
    const long = `日期,收入,对方账号\n2026-11-05,1.00,${"6".repeat(40_000)}`;
    expect((await send("/payments/import", "finance", Buffer.from(long))).status).toBe(413);
    expect(one.errors()).toEqual([]);
  });
});
