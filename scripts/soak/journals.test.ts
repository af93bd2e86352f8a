import { describe, expect, it } from "vitest";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { createLedger } from "../../node/ledger/service.ts";
import { journal } from "../../node/settlement/journal.ts";
import { openMemoryStore } from "../../node/storage/memory.ts";
import { alteredByOneFen, exported, ledgerBalances } from "./journals.ts";
import { postQuarter } from "./quarter.ts";

async function quarter() {
  const store = openMemoryStore();
  const ledger = createLedger({ store });
  await postQuarter(store, ledger, "small", 1_500);
  const transfers = await exported(ledger);
  const written = mustSucceed(journal(transfers));
  return { ledger, transfers, written, expected: await ledgerBalances(ledger, written) };
}

/** Adds up what is posted, and reads what is asserted at the end, as a program would that knows nothing of ours. */
function parse(text: string) {
  const sums = new Map<string, bigint>();
  const asserted = new Map<string, bigint>();
  const amount = (figure: string) => BigInt(figure.replace(".", ""));
  for (const line of text.split("\n")) {
    const [, name = "", figure = "", unit = ""] = /^ +(\S+) {2}(-?[0-9.]+) ([A-Z]+)(?: =.*)?$/.exec(line) ?? [];
    const key = `${name} ${unit}`;
    if (name !== "") sums.set(key, (sums.get(key) ?? 0n) + amount(figure));
    const plain = / = (-?[0-9.]+) [A-Z]+$/.exec(line)?.[1];
    if (plain !== undefined) asserted.set(key, amount(plain));
    const [, account = "", balance = "", commodity = ""] =
      /^[0-9-]{10} balance (\S+) {2}(-?[0-9.]+) ~ 0 ([A-Z]+)$/.exec(line) ?? [];
    if (account !== "") asserted.set(`${account} ${commodity}`, amount(balance));
  }
  return { sums, asserted };
}

const shown = (sums: ReadonlyMap<string, bigint>) =>
  [...sums]
    .filter(([, sum]) => sum !== 0n)
    .map(([name, sum]) => `${name} ${sum}`)
    .sort();

describe("the journals of a seeded quarter", () => {
  it("are made of every kind of posting there is", async () => {
    const { ledger, transfers } = await quarter();
    expect(transfers.length).toBeGreaterThan(1_200);
    expect(new Set(transfers.map(({ state }) => state))).toEqual(new Set(["posted", "pending", "voided", "expired"]));
    expect(new Set(transfers.map(({ debit }) => debit.split("/")[1]))).toEqual(
      new Set(["usage", "receivable", "clearing", "deferred", "dispute", "payable"]),
    );
    const made = (await ledger.transfers({ limit: 10_000 })).items;
    expect(made.some(({ reverses }) => reverses !== null)).toBe(true);
    expect(await ledger.check()).toMatchObject({ ok: true });
  });

  it("say the ledger's balances when they are read back, to the fen", async () => {
    const { written, expected } = await quarter();
    const wanted = new Map([...expected].map(([name, figure]) => [name, BigInt(figure.replace(".", ""))]));
    const of = (isBeancount: boolean) =>
      shown(new Map([...wanted].filter(([name]) => /:P-/.test(name) === isBeancount)));
    for (const [text, names] of [
      [written.plain, of(false)],
      [written.beancount, of(true)],
    ] as const) {
      const { sums, asserted } = parse(text);
      expect(shown(sums)).toEqual(names);
      expect(shown(asserted)).toEqual(names);
    }
  });

  it("show one altered fen to whoever compares what is posted with what is asserted", async () => {
    const { written } = await quarter();
    for (const text of [written.plain, written.beancount]) {
      const { sums, asserted } = parse(alteredByOneFen(text));
      expect(shown(sums)).not.toEqual(shown(asserted));
    }
  });
});
