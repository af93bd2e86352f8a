import { allocate } from "../../node/settlement/allocate.ts";
import { claimAmount, payCompensation } from "../../node/settlement/compensation.ts";
import { fundTake } from "../../node/settlement/fund.ts";
import { guarantee } from "../../node/settlement/guarantee.ts";
import { halfEven } from "../../node/settlement/half-even.ts";
import { effectivePrice, lineAmount } from "../../node/settlement/line-amount.ts";
import { net } from "../../node/settlement/netting.ts";
import { parseWeight } from "../../node/settlement/rational.ts";
import { attempt } from "../../node/settlement/refusal.ts";
import { parseFen, parseNatural, parsePer, parsePrice, parseQuantity } from "../../node/settlement/values.ts";
import { splitVat, vatByParty } from "../../node/settlement/vat.ts";
import { claimOf, payCosts } from "../../node/settlement/waterfall.ts";
import type { Operation } from "./vector-file.ts";

/** allocation.json without schemes and pipeline, rounding.json, vat.json, netting.json. */
export const arithmetic: { readonly [op: string]: Operation } = {
  halfEven: ({ num, den }) => attempt(() => ({ value: text(halfEven(parseFen(num), parseFen(den))) })),

  lineAmount: ({ quantity, freeQuantity, unitPriceMicro, per, capPriceMicro }) =>
    attempt(() => {
      const price = {
        unitPriceMicro: parsePrice(unitPriceMicro),
        per: parsePer(per),
        capPriceMicro: capPriceMicro === null ? null : parsePrice(capPriceMicro),
      };
      const used = parseQuantity(quantity);
      const free = parseQuantity(freeQuantity);
      return {
        amountFen: text(lineAmount(used, free, price)),
        billableQuantity: text(used - free),
        effectivePriceMicro: text(effectivePrice(price)),
      };
    }),

  allocate: ({ totalFen, weights, periodId, lineId }) =>
    attempt(() => {
      const weighted = weights.map(({ partyId, weight }: { partyId: string; weight: string }) => ({
        partyId,
        weight: parseWeight(weight),
      }));
      return shares(allocate(parseFen(totalFen), weighted, { periodId, lineId }));
    }),

  waterfall: ({ totalFen, costs }) =>
    attempt(() => {
      const owed = costs.map((cost: { declaredFen: string; capFen: string | null }) =>
        claimOf(parseNatural(cost.declaredFen, "declaredFen"), cost.capFen === null ? null : parseFen(cost.capFen)),
      );
      const { paid, rest } = payCosts(parseFen(totalFen), owed);
      const names = costs.map(({ costId }: { costId: string }) => costId);
      return { paid: paid.map((fen, i) => ({ costId: names[i], fen: text(fen) })), restFen: text(rest) };
    }),

  compensation: ({ totalFen, claims, periodId, lineId }) =>
    attempt(() => {
      const owed = claims.map((claim: Claim) => ({
        key: `${claim.partyId}#${claim.resource}`,
        fen: claimAmount(parseQuantity(claim.quantity), parsePrice(claim.rateMicro), parsePer(claim.per)),
      }));
      const left = parseFen(totalFen);
      const paid = payCompensation(left, owed, { periodId, lineId });
      const rows = paid.map((fen, i) => ({ key: owed[i].key, claimFen: text(owed[i].fen), paidFen: text(fen) }));
      return { claims: rows, restFen: text(left - paid.reduce((a, b) => a + b, 0n)) };
    }),

  fund: ({ totalFen, rateBp, capLeftFen }) =>
    attempt(() => {
      const capLeft = capLeftFen === null ? null : parseFen(capLeftFen);
      return { fundFen: text(fundTake(parseFen(totalFen), parseNatural(rateBp, "rateBp"), capLeft)) };
    }),

  guarantee: ({ shares: input, floors, onInfeasible, periodId, lineId }) =>
    attempt(() => {
      const lowest = new Map<string, bigint>(floors.map(({ partyId, fen }: Fen) => [partyId, parseFen(fen)]));
      const { deltas, shortfallFen } = guarantee(amounts(input), lowest, onInfeasible, { periodId, lineId });
      return { deltas: shares(deltas), shortfallFen: text(shortfallFen) };
    }),

  byParty: ({ grossFen, rateBp, shares: input, periodId, lineId }) =>
    attempt(() => {
      const parts = vatByParty(parseFen(grossFen), parseNatural(rateBp, "rateBp"), amounts(input), {
        periodId,
        lineId,
      });
      const rows = parts.map(({ partyId, netFen, taxFen }) => ({
        partyId,
        netFen: text(netFen),
        taxFen: text(taxFen),
      }));
      return { parties: rows };
    }),

  net: ({ obligations }) =>
    attempt(() => {
      const { positions, payments } = net(
        obligations.map(({ from, to, fen }: { from: string; to: string; fen: string }) => ({
          from,
          to,
          fen: parseFen(fen),
        })),
      );
      return {
        positions: positions.map(({ regionId, fen }) => ({ regionId, fen: text(fen) })),
        payments: payments.map(({ from, to, fen }) => ({ from, to, fen: text(fen) })),
      };
    }),
};

/** `split` of vat.json; the files use one name for two operations. */
export const splitGross: Operation = ({ grossFen, rateBp }) =>
  attempt(() => {
    const { netFen, taxFen } = splitVat(parseFen(grossFen), parseNatural(rateBp, "rateBp"));
    return { netFen: text(netFen), taxFen: text(taxFen) };
  });

type Fen = { readonly partyId: string; readonly fen: string };
type Claim = {
  readonly partyId: string;
  readonly resource: string;
  readonly quantity: string;
  readonly rateMicro: string;
  readonly per: string;
};

function amounts(input: readonly Fen[]): { partyId: string; fen: bigint }[] {
  return input.map(({ partyId, fen }) => ({ partyId, fen: parseFen(fen) }));
}

export function shares(computed: readonly { partyId: string; fen: bigint }[]): Fen[] {
  return computed.map(({ partyId, fen }) => ({ partyId, fen: text(fen) }));
}

export function text(value: bigint): string {
  return value.toString();
}
