import { fail } from "./refusal.ts";
import { byteOrder, checkId } from "./values.ts";

export type Obligation = { readonly from: string; readonly to: string; readonly fen: bigint };
export type NetPosition = { readonly regionId: string; readonly fen: bigint };
export type NettingPlan = { readonly positions: NetPosition[]; readonly payments: Obligation[] };

/**
 * From who owes whom to the fewest simple payments: the largest debtor pays the largest creditor, again and again.
 * At most n − 1 payments, the same plan on every node. Source: settlement.md §12.
 */
export function net(obligations: readonly Obligation[]): NettingPlan {
  const balances = new Map<string, bigint>();
  const credit = (region: string, fen: bigint) => balances.set(region, (balances.get(region) ?? 0n) + fen);
  for (const { from, to, fen } of obligations) {
    checkId(from);
    checkId(to);
    if (from === to) fail("NETTING_SELF", { value: from });
    if (fen < 0n) fail("NETTING_AMOUNT", { value: fen.toString() });
    credit(from, -fen);
    credit(to, fen);
  }
  const regions = [...balances.keys()].sort(byteOrder);
  const positions = regions.map((regionId) => ({ regionId, fen: balances.get(regionId) ?? 0n }));
  return { positions, payments: paymentsFor(regions, new Map(balances)) };
}

/** Consumes `balances`. `regions` is in byte order, so the first of equals is the smaller id. */
function paymentsFor(regions: readonly string[], balances: Map<string, bigint>): Obligation[] {
  const payments: Obligation[] = [];
  for (;;) {
    let debtor = "";
    let creditor = "";
    for (const region of regions) {
      const balance = balances.get(region) ?? 0n;
      if (balance < (balances.get(debtor) ?? 0n)) debtor = region;
      if (balance > (balances.get(creditor) ?? 0n)) creditor = region;
    }
    if (debtor === "" || creditor === "") return payments;
    const debt = -(balances.get(debtor) ?? 0n);
    const claim = balances.get(creditor) ?? 0n;
    const fen = debt < claim ? debt : claim;
    balances.set(debtor, fen - debt);
    balances.set(creditor, claim - fen);
    payments.push({ from: debtor, to: creditor, fen });
  }
}
