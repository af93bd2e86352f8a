import { leafBytes } from "../../node/audit/store.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { createLedger } from "../../node/ledger/service.ts";
import { list } from "../../node/storage/transact.ts";
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

type SeenLeaf = { readonly kind: string; readonly actor: string; readonly detail?: unknown };

/** What the region's log says, in order; of one kind, or of all. */
export async function leavesOf({ store }: Region, kind?: string): Promise<SeenLeaf[]> {
  const leaves: SeenLeaf[] = [];
  for await (const bytes of list(store, leafBytes)) leaves.push(JSON.parse(Buffer.from(bytes).toString("utf8")));
  return leaves.filter((leaf) => kind === undefined || leaf.kind === kind);
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
