import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CatalogEntry } from "../../node/catalog/model.ts";
import type { HeliuNode } from "../../node/compose.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { periodOf } from "../../node/kernel/instant.ts";
import type { HeldReceipt } from "../../node/metering/model.ts";
import type { Agreement, Negotiation } from "../../node/negotiation/model.ts";
import type { SettlementTerms } from "../../node/policy/settlement-terms.ts";
import type { Transfer } from "../../node/transfer/model.ts";
import { type HarnessRegion, until } from "./harness.ts";

/** Two entries of Chengdu's illustrative catalogue: a table shared without condition, and a priced yes/no service. */
export const TABLE = "cd-scjg-0004";
export const PRODUCT = "cd-prod-0002";
/** What the priced service's entry is checked against. */
export const AUTHORISATIONS = new URL("../../data/authorisations.json", import.meta.url).pathname;

export function chengduEntry(id: string): CatalogEntry {
  const file = new URL("../../data/catalog-chengdu.json", import.meta.url);
  const { entries } = JSON.parse(readFileSync(file, "utf8")) as { entries: CatalogEntry[] };
  const found = entries.find((entry) => entry.id === id);
  if (found === undefined) throw new Error(`no entry ${id} in the sample catalogue`);
  return found;
}

/** Files behind both entries, `rows` long. */
export async function bindSources(provider: HarnessRegion, rows: number): Promise<void> {
  const publisher = provider.as("publisher");
  const { sources } = provider.node();
  const { fields } = chengduEntry(TABLE);
  const line = (cells: readonly string[]) => `${cells.join(",")}\n`;
  const cell = (name: string, n: number) =>
    name === "uscc" ? `91510100MA${String(n).padStart(8, "0")}` : `${name}-${n}`;
  const table = Array.from({ length: rows }, (_, n) => line(fields.map(({ name }) => cell(name, n))));
  const path = join(provider.dir, "producers.csv");
  writeFileSync(path, line(fields.map(({ name }) => name)) + table.join(""));
  mustSucceed(await sources.add(publisher, { kind: "csv", id: TABLE, entryId: TABLE, path }));

  const register = join(provider.dir, "register.csv");
  const registrations = Array.from({ length: rows }, (_, n) => line([`R-${n}`, `U-${n}`, "正常"]));
  writeFileSync(register, line(["reg_code", "user_unit_uscc", "status"]) + registrations.join(""));
  const match = { reg_code: "reg_code", uscc: "user_unit_uscc" };
  const answers = {
    registered_flag: { column: "reg_code", op: "present" },
    inspection_valid: { column: "status", op: "neq", value: "红色超期" },
  } as const;
  const product = { id: PRODUCT, entryId: PRODUCT, path: register, match, answers };
  mustSucceed(await sources.add(publisher, { kind: "verification", ...product }));
}

/** A node of each region, and who acts there. */
export type Side = { readonly region: Pick<HarnessRegion, "id" | "as">; readonly node: () => HeliuNode };

/** An entry without condition: both regions' nodes agree without a person. */
export async function agreeOnTable(provider: Side, consumer: Side): Promise<Agreement> {
  const negotiation = await requestWhenMirrored(provider, consumer, TABLE, ["public-governance"]);
  return agreed(consumer, negotiation);
}

/** The priced service: asked for, countered with price and shares, accepted, countersigned. */
export async function agreeOnProduct(provider: Side, consumer: Side, terms = sharesOf): Promise<Agreement> {
  const asked = await requestWhenMirrored(provider, consumer, PRODUCT, ["industrial"]);
  const seen = await until(async () => {
    const { items } = await provider.node().negotiations.list({ limit: 50 });
    return items.find(({ peerPid, state }) => peerPid === asked.id && state === "REQUESTED");
  });
  const price = terms(seen.agreementId ?? "", provider.region.id, consumer.region.id);
  const approver = provider.region.as("approver");
  mustSucceed(await provider.node().negotiations.counter(approver, seen.id, { price }, "按目录价"));
  await inState(consumer, asked.id, "OFFERED");
  mustSucceed(await consumer.node().negotiations.accept(consumer.region.as("requester"), asked.id));
  await inState(consumer, asked.id, "AGREED");
  mustSucceed(await consumer.node().negotiations.approve(consumer.region.as("approver"), asked.id, "会签"));
  return agreed(consumer, asked);
}

export async function requestWhenMirrored(
  provider: Side,
  consumer: Side,
  entryId: string,
  purposes: Negotiation["terms"]["purposes"],
): Promise<Negotiation> {
  const region = provider.region.id;
  await until(async () => (await consumer.node().federation.entry(region, entryId)).ok);
  const requester = consumer.region.as("requester");
  return mustSucceed(
    await consumer.node().negotiations.request(requester, { region, entryId, purposes, comment: "试点" }),
  );
}

export async function inState(side: Side, id: string, state: Negotiation["state"]): Promise<Negotiation> {
  return until(async () => {
    const found = mustSucceed(await side.node().negotiations.get(side.region.as("requester"), id));
    if (found.state === "TERMINATED") throw new Error(`refused: ${JSON.stringify(found.reason)}`);
    return found.state === state ? found : undefined;
  });
}

async function agreed(consumer: Side, { id }: Negotiation): Promise<Agreement> {
  const { agreementId } = await inState(consumer, id, "FINALIZED");
  return mustSucceed(await consumer.node().negotiations.agreement(agreementId ?? ""));
}

export function sharesOf(agreementId: string, provider: string, consumer: string): SettlementTerms {
  const parties = [
    [`${provider}:provider`, "provider", provider, "80"],
    [`${consumer}:service`, "service", consumer, "20"],
  ] as const;
  return {
    agreementId,
    parties: parties.map(([partyId, role, regionId]) => ({ partyId, role, regionId })),
    vatBp: "600",
    products: [{ productId: PRODUCT, metric: "calls", unitPriceMicro: "400000", capPriceMicro: "500000" }],
    scheme: { kind: "fixed", weights: parties.map(([partyId, , , weight]) => ({ partyId, weight })) },
  };
}

export async function startTransfer(consumer: Side, { id }: Agreement): Promise<Transfer> {
  return mustSucceed(await consumer.node().transfers.start(consumer.region.as("requester"), { agreementId: id }));
}

export async function completed(consumer: Side, { id }: Pick<Transfer, "id">): Promise<Transfer> {
  return until(async () => {
    const found = mustSucceed(await consumer.node().transfers.get(id));
    if (found.state === "TERMINATED") throw new Error(`the transfer ended: ${JSON.stringify(found.reason)}`);
    return found.state === "COMPLETED" ? found : undefined;
  });
}

/** Answers how many were answered with yes. */
export async function callProduct(consumer: Side, { id }: Agreement, from: number, count: number): Promise<number> {
  const inputs = Array.from({ length: count }, (_, i) => {
    const n = from + i;
    return { request_id: `q-${n}`, reg_code: `R-${n}`, uscc: `U-${n}` };
  });
  const options = { purpose: "industrial" } as const;
  const done = mustSucceed(await consumer.node().transfers.call(consumer.region.as("requester"), id, inputs, options));
  return done.answers.filter((one) => "output" in one && one.output.registered_flag === "yes").length;
}

/** The chain of an agreement once every receipt has both signatures and `calls` calls are in it. */
export async function signedCalls(side: Side, { id }: Agreement, calls: number): Promise<HeldReceipt[]> {
  return until(async () => {
    const { items } = await side.node().metering.receipts({ agreement: id, limit: 1_000 });
    const counted = items.reduce((sum, { core }) => sum + Number(core.usage.calls ?? "0"), 0);
    return counted === calls && items.every(({ consumerSignature }) => consumerSignature !== null) ? items : undefined;
  });
}

/** The running month, closed early by both. Answers both digests of the agreement's statement. */
export async function settleEarly(sides: readonly [Side, Side]): Promise<readonly string[]> {
  const period = periodOf(Date.now());
  const options = { early: true, reason: "验收" };
  for (const { node, region } of sides)
    mustSucceed(await node().settlements.close(region.as("finance"), period, options));
  return Promise.all(
    sides.map(({ node, region }) =>
      until(async () => {
        const { matched, digests } = await node().settlements.status(period);
        return matched ? digests[region.id] : undefined;
      }),
    ),
  );
}
