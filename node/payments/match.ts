import { chinaDateOf, msOf } from "../kernel/instant.ts";
import type { Text } from "../kernel/text.ts";
import { leftOf } from "./left.ts";
import type { Allocation, BankPayment, Due, Suggestion } from "./model.ts";
import { normaliseText, referencesIn, slipsOf } from "./reference.ts";

/** A row that may be booked, and how sure that is. */
export type Match = { readonly id: string; readonly rule: string; readonly allocations: readonly Allocation[] };
export type Matched = {
  readonly certain: readonly Match[];
  /** By payment id; also for rows to which nothing fits, with an empty list. */
  readonly uncertain: ReadonlyMap<string, Uncertain>;
};

type Row = BankPayment & { readonly date: string; readonly fen: string };
type Open = { readonly due: Due; readonly party: string; left: bigint };

/** A slip of the pen in a reference of twelve characters; more is another reference. */
const MOST_SLIPS = 2;
const MOST_SUGGESTIONS = 5;

/**
 * Which rows pay which dues. Certain is only what two independent marks agree on: the account's region, and the
 * reference or the amount to the fen. Rows with a reference go first, so that one without takes nothing that another row names.
 * Pure, and independent of the order of rows: they are looked at by date and id.
 */
export function matchPayments(rows: readonly BankPayment[], dues: readonly Due[], region: string): Matched {
  const open = openDues(dues, region);
  const readable = rows
    .filter(mayPay)
    .map(restOf)
    .sort((a, b) => (a.date + a.id < b.date + b.id ? -1 : 1));
  const certain: Match[] = [];
  const book = (row: Row, rule: string, allocations: readonly Allocation[]) => {
    for (const { reference, fen } of allocations) (open.byReference.get(reference) as Open).left -= BigInt(fen);
    certain.push({ id: row.id, rule, allocations });
  };
  let waiting: Row[] = [];
  for (const row of readable) {
    const found = mayBeCertain(row) ? byReference(row, open) : undefined;
    if (found === undefined) waiting.push(row);
    else book(row, found.rule, found.allocations);
  }
  for (const find of [bySlippedReference, byAmount, bySum]) {
    const still: Row[] = [];
    const claims = waiting.map((row) => ({ row, found: mayBeCertain(row) ? find(row, open) : undefined }));
    const wanted = claimsOn(claims.flatMap(({ found }) => found?.allocations ?? []));
    for (const { row, found } of claims) {
      // Two rows that fit the same due: which of them it is, a person says.
      const isAlone = found?.allocations.every(({ reference }) => wanted.get(reference) === 1) ?? false;
      if (found !== undefined && isAlone) book(row, found.rule, found.allocations);
      else still.push(row);
    }
    waiting = still;
  }
  const byLeft = new Map<string, Open[]>();
  for (const one of open.byReference.values()) {
    const key = `${one.party.split("|")[0]}|${one.left}`;
    byLeft.set(key, [...(byLeft.get(key) ?? []), one]);
  }
  return { certain, uncertain: new Map(waiting.map((row) => [row.id, suggestionsFor(row, open, byLeft)])) };
}

type OpenDues = {
  readonly byReference: ReadonlyMap<string, Open>;
  /** `in|region` or `out|region`. */
  readonly byParty: ReadonlyMap<string, readonly Open[]>;
};

function openDues(dues: readonly Due[], region: string): OpenDues {
  const byReference = new Map<string, Open>();
  const byParty = new Map<string, Open[]>();
  for (const due of dues) {
    if (due.from !== region && due.to !== region) continue;
    const party = due.to === region ? `in|${due.from}` : `out|${due.to}`;
    const one = { due, party, left: BigInt(due.fen) - BigInt(due.paidFen) };
    byReference.set(due.reference, one);
    byParty.set(party, [...(byParty.get(party) ?? []), one]);
  }
  return { byReference, byParty };
}

/** What takes a payment back pays nothing; `returns.ts` looks at it. */
function mayPay(row: BankPayment): row is Row {
  return !row.isReversal && row.date !== null && row.fen !== null && row.currency === "CNY" && row.account !== "";
}

/** What was given to dues already is no longer looked for. */
function restOf(row: Row): Row {
  return row.allocations.length === 0 ? row : { ...row, fen: leftOf(row).toString() };
}

/** Of what persons have begun to give to dues they say the rest. A twin of an earlier row without the bank's own number may be one transfer told twice. */
function mayBeCertain({ region, duplicateOf, allocations }: Row): boolean {
  return region !== null && duplicateOf === null && allocations.length === 0;
}

function claimsOn(allocations: readonly Allocation[]): Map<string, number> {
  const wanted = new Map<string, number>();
  for (const { reference } of allocations) wanted.set(reference, (wanted.get(reference) ?? 0) + 1);
  return wanted;
}

const partyOf = ({ direction, region }: Row) => `${direction}|${region}`;

type Found = { readonly rule: string; readonly allocations: readonly Allocation[] };

/** The references that the text names: one of them in whole or in part, or several that the amount pays to the fen. */
function byReference(row: Row, { byReference: known }: OpenDues): Found | undefined {
  const named = referencesIn(normaliseText(row.text), (one) => known.has(one)).map((one) => known.get(one) as Open);
  if (named.length === 0 || named.some(({ party }) => party !== partyOf(row))) return undefined;
  const fen = BigInt(row.fen);
  const [first] = named;
  if (first !== undefined && named.length === 1) {
    if (first.left === 0n || fen > first.left) return undefined;
    const rule = fen === first.left ? "reference" : "reference-part";
    return { rule, allocations: [{ reference: first.due.reference, fen: row.fen }] };
  }
  return whole(named, fen, "references");
}

function whole(several: readonly Open[], fen: bigint, rule: string): Found | undefined {
  if (several.some(({ left }) => left === 0n)) return undefined;
  if (several.reduce((sum, { left }) => sum + left, 0n) !== fen) return undefined;
  return { rule, allocations: several.map(({ due, left }) => ({ reference: due.reference, fen: left.toString() })) };
}

/** Names a due of the party, so that nothing but that due is meant, whether or not it can be booked. */
function namesAny(row: Row, { byReference: known }: OpenDues): boolean {
  return referencesIn(normaliseText(row.text), (one) => known.has(one)).length > 0;
}

function exact(row: Row, { byParty }: OpenDues): Open[] {
  const fen = BigInt(row.fen);
  return (byParty.get(partyOf(row)) ?? []).filter(({ left }) => left === fen);
}

/** The exact amount, and a reference with a slip that fits one due only. */
function bySlippedReference(row: Row, open: OpenDues): Found | undefined {
  if (namesAny(row, open)) return undefined;
  const text = normaliseText(row.text);
  const near = exact(row, open).filter(({ due }) => slipsOf(text, due.reference, MOST_SLIPS) !== undefined);
  const [only] = near;
  if (only === undefined || near.length > 1) return undefined;
  return { rule: "reference-slip", allocations: [{ reference: only.due.reference, fen: row.fen }] };
}

const issuedOn = ({ due }: Open) => chinaDateOf(msOf(due.issuedAt));

/** Looks like a reference of ours that fits nothing here: then the amount alone does not decide. */
const LIKE_REFERENCE = /HE[0-9A-Z]{9,11}/;

/** No reference, but the party owes exactly this amount once, and it was owed when the money came. */
function byAmount(row: Row, open: OpenDues): Found | undefined {
  if (namesAny(row, open) || LIKE_REFERENCE.test(normaliseText(row.text))) return undefined;
  const fitting = exact(row, open);
  const [only] = fitting;
  if (only === undefined || fitting.length > 1 || row.date < issuedOn(only)) return undefined;
  return { rule: "amount", allocations: [{ reference: only.due.reference, fen: row.fen }] };
}

/** No reference, and the amount pays all that the party owes, or all of one period. */
function bySum(row: Row, open: OpenDues): Found | undefined {
  if (namesAny(row, open) || LIKE_REFERENCE.test(normaliseText(row.text))) return undefined;
  const owed = (open.byParty.get(partyOf(row)) ?? []).filter((one) => one.left > 0n && row.date >= issuedOn(one));
  const groups = new Map<string, Open[]>([["", owed]]);
  for (const one of owed) groups.set(one.due.periodId, [...(groups.get(one.due.periodId) ?? []), one]);
  const fits = [...groups.values()].flatMap((group) => {
    const found = group.length > 1 ? whole(group, BigInt(row.fen), "sum") : undefined;
    return found === undefined ? [] : [found];
  });
  const [first] = fits;
  const isSame = fits.every(({ allocations }) => allocations.length === first?.allocations.length);
  return first !== undefined && isSame ? first : undefined;
}

type Uncertain = { readonly rule: string; readonly suggestions: readonly Suggestion[] };

/** `byLeft`: dues by direction and by what is left of them. */
function suggestionsFor(row: Row, open: OpenDues, byLeft: ReadonlyMap<string, readonly Open[]>): Uncertain {
  const candidates = new Map<string, { readonly one: Open; readonly weight: number; readonly why: Text }>();
  const text = normaliseText(row.text);
  const fen = BigInt(row.fen);
  const add = (one: Open, weight: number, why: Text) => {
    const before = candidates.get(one.due.reference);
    if (one.left > 0n && (before?.weight ?? 0) < weight) candidates.set(one.due.reference, { one, weight, why });
  };
  for (const reference of referencesIn(text, (known) => open.byReference.has(known))) {
    add(open.byReference.get(reference) as Open, 4, WHY.reference);
  }
  for (const one of byLeft.get(`${row.direction}|${fen}`) ?? []) {
    const isParty = one.party === partyOf(row);
    add(one, isParty ? 3 : 2, isParty ? WHY.amount : WHY.amountOnly);
  }
  const singles = [...candidates.values()]
    .sort((a, b) => b.weight - a.weight || (a.one.due.reference < b.one.due.reference ? -1 : 1))
    .slice(0, MOST_SUGGESTIONS)
    .map(({ one, why }) => ({
      allocations: [{ reference: one.due.reference, fen: (fen < one.left ? fen : one.left).toString() }],
      text: why,
    }));
  const suggestions = singles.length > 0 ? singles : pairsFor(row, open);
  return { rule: ruleOf(row, suggestions), suggestions };
}

/** Two dues of the party that the amount pays together; never certain, for a coincidence would not show. */
function pairsFor(row: Row, { byParty }: OpenDues): Suggestion[] {
  const fen = BigInt(row.fen);
  const seen = new Map<bigint, Open>();
  const pairs: Suggestion[] = [];
  for (const one of byParty.get(partyOf(row)) ?? []) {
    if (one.left === 0n || one.left >= fen) continue;
    const other = seen.get(fen - one.left);
    if (other !== undefined) {
      const allocations = [other, one].map(({ due, left }) => ({ reference: due.reference, fen: left.toString() }));
      pairs.push({ allocations, text: WHY.pair });
    }
    seen.set(one.left, one);
  }
  return pairs.slice(0, MOST_SUGGESTIONS);
}

function ruleOf({ region, duplicateOf, allocations }: Row, suggestions: readonly Suggestion[]): string {
  if (allocations.length > 0) return "rest";
  if (duplicateOf !== null) return "twin";
  if (region === null) return "account-unknown";
  return suggestions.length === 0 ? "nothing-fits" : "not-certain";
}

const WHY = {
  pair: {
    zh: "该对方的这两笔应付款合计与金额恰好相同,但附言没有写明。",
    en: "These two dues of the party come to exactly this amount, but the text does not say so.",
  },
  reference: {
    zh: "附言中有此参考号,但金额、账户或此前的到账与之不合。",
    en: "The text names this reference, but amount, account or what has arrived already does not fit.",
  },
  amount: {
    zh: "该对方有金额恰好相同的应付款,但不止一笔相符或附言不符。",
    en: "The party owes exactly this amount, but more than one row or due fits, or the text says something else.",
  },
  amountOnly: {
    zh: "有金额恰好相同的应付款,但对方账号尚未登记为该地区所有。",
    en: "A due has exactly this amount, but the account is not known to be that region's.",
  },
} as const;
