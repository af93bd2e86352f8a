import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { createLedger } from "../../node/ledger/service.ts";
import { CONSUMER, finance, PROVIDER, type Region, type World } from "./two-regions.ts";

/** What both regions declare in the worked example: each what it knows. */
export const figures = {
  "AGR-7": { costs: [{ costId: "cleaning", declaredFen: "36000" }] },
};
export const storage = {
  "AGR-7": { resources: [{ partyId: "500000:storage", resource: "gb-month", quantity: "120" }] },
};

export async function viewOf({ settlements }: Region, periodId = "2026-10") {
  return mustSucceed(await settlements.get(periodId));
}

export async function statementOf({ settlements }: Region, periodId = "2026-10") {
  return mustSucceed(await settlements.statement("AGR-7", periodId));
}

export async function closeBoth(world: World, periodId = "2026-10", options = {}) {
  mustSucceed(
    await world.provider().settlements.close(finance(PROVIDER), periodId, { declarations: figures, ...options }),
  );
  mustSucceed(
    await world.consumer().settlements.close(finance(CONSUMER), periodId, { declarations: storage, ...options }),
  );
  await world.quiet();
}

export async function booksOf({ store }: Region) {
  const ledger = createLedger({ store });
  const check = mustSucceed(await ledger.check());
  const balances = await ledger.balances();
  const net = balances
    .filter(({ account }) => account.endsWith("/CNY"))
    .map(({ account, debitsPosted, creditsPosted }) => [account, String(BigInt(debitsPosted) - BigInt(creditsPosted))]);
  return { transfers: check.transfers, net: Object.fromEntries(net) };
}
