import { type Canonical, canonicalText, digestOf } from "../kernel/canonical-json.ts";
import { type Failure, ok, type Result } from "../kernel/exchange-error.ts";
import { net } from "../settlement/netting.ts";
import { obligationsOf } from "../settlement/obligations.ts";
import { attempt } from "../settlement/refusal.ts";
import type { SignedStatement } from "../settlement/signed-statements.ts";
import { byteOrder } from "../settlement/values.ts";
import type { NetEntry, NetTable, NettingPlan, Owed } from "./model.ts";
import { referenceOf } from "./reference.ts";
import { refusePayment } from "./refusal.ts";

/** What leaves the two regions of a statement: who owes whom in sum, and the digest of what they signed. */
export function entryOf(signed: SignedStatement): NetEntry {
  const sums = new Map<string, Owed>();
  for (const { from, to, fen } of obligationsOf(signed)) {
    const key = `${from}|${to}`;
    sums.set(key, { from, to, fen: (BigInt(sums.get(key)?.fen ?? "0") + fen).toString() });
  }
  const { agreementId, digest, provider, consumer } = signed;
  const obligations = [...sums.values()].sort((a, b) => byteOrder(a.from + a.to, b.from + b.to));
  return { agreementId, digest, provider, consumer, obligations };
}

/** Regions that an entry concerns: its two, and those of parties elsewhere. */
export function regionsOf({ provider, consumer, obligations }: NetEntry): string[] {
  return [provider, consumer, ...obligations.flatMap(({ from, to }) => [from, to])];
}

/** All regions that hang together by what has been laid on the table so far; each of them has to sign. */
export function groupOf(region: string, tables: { readonly [region: string]: NetTable }): string[] {
  const group = new Set([region]);
  for (let size = 0; size !== group.size; ) {
    size = group.size;
    for (const member of [...group]) {
      for (const entry of tables[member]?.entries ?? []) for (const one of regionsOf(entry)) group.add(one);
    }
  }
  return [...group].sort(byteOrder);
}

/**
 * The plan as every region computes it alone. An entry counts when both its regions laid it on the table alike; one that
 * only one of them has yet is left for a later round, and two that differ are for a person.
 */
export function planOf(
  { periodId, round }: { readonly periodId: string; readonly round: string },
  group: readonly string[],
  tables: { readonly [region: string]: NetTable },
): Result<{ readonly text: string; readonly digest: string; readonly plan: NettingPlan }> {
  const counted = countedEntries(group, tables);
  if (!counted.ok) return counted;
  const entries = counted.value;
  return attempt(() => {
    const owed = entries.flatMap(({ obligations }) => obligations.map((one) => ({ ...one, fen: BigInt(one.fen) })));
    const { positions, payments } = net(owed);
    const head = { type: "heliu.netting.v1", periodId, round, regions: group, entries } as const;
    const basis = digestOf(head as unknown as Canonical);
    const plan: NettingPlan = {
      ...head,
      positions: positions.map(({ regionId, fen }) => ({ regionId, fen: fen.toString() })),
      payments: payments.map(({ from, to, fen }) => {
        return { from, to, fen: fen.toString(), reference: referenceOf(basis, from, to) };
      }),
    };
    const text = canonicalText(plan as unknown as Canonical);
    return { text, digest: digestOf(plan as unknown as Canonical), plan };
  });
}

function countedEntries(group: readonly string[], tables: { readonly [region: string]: NetTable }): Result<NetEntry[]> {
  const tabled = new Map<string, { readonly entry: NetEntry; readonly text: string; readonly by: string }[]>();
  for (const by of group) {
    for (const entry of tables[by]?.entries ?? []) {
      if (by !== entry.provider && by !== entry.consumer) continue;
      const text = canonicalText(entry as unknown as Canonical);
      tabled.set(entry.agreementId, [...(tabled.get(entry.agreementId) ?? []), { entry, text, by }]);
    }
  }
  const entries: NetEntry[] = [];
  for (const [agreementId, [first, second]] of tabled) {
    if (first === undefined || second === undefined) continue;
    if (first.text !== second.text) return entriesDiffer(agreementId, first, second);
    entries.push(first.entry);
  }
  return ok(entries.sort((a, b) => byteOrder(a.agreementId, b.agreementId)));
}

type Tabled = { readonly entry: NetEntry; readonly by: string };

function entriesDiffer(agreementId: string, a: Tabled, b: Tabled): Failure {
  const said = [a, b].map(({ by, entry }) => {
    const sum = entry.obligations.map(({ from, to, fen }) => `${from}→${to} ${fen}`).join(", ");
    return `${by}: ${entry.digest.slice(7, 19)} ${sum}`;
  });
  return refusePayment("NETTING_ENTRIES_DIFFER", { agreementId, value: said.join(" / ") });
}

/** What our own table holds that is not in the plan, because the other region had not signed it yet. */
export function leftOut(table: NetTable | undefined, plan: NettingPlan | undefined): string[] {
  const counted = new Set(plan?.entries.map(({ agreementId }) => agreementId));
  return (table?.entries ?? []).map(({ agreementId }) => agreementId).filter((id) => !counted.has(id));
}
