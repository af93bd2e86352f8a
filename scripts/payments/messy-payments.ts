import type { Due } from "../../node/payments/model.ts";
import { REFERENCE_CHARS, referenceOf } from "../../node/payments/reference.ts";
import { type SeededRandom, seededRandom } from "../demo/seeded-random.ts";
import { accountIn, chinese, dressed, oddDate, slipped } from "./mess.ts";

/** What goes wrong with payments, as bank files show it; besides these there are clean rows and strangers' transfers. */
export const messKinds = [
  "reference-mistyped",
  "reference-missing",
  "split",
  "combined",
  "short-by-fee",
  "duplicate-row",
  "full-width-and-name-variant",
  "date-sign-or-currency",
] as const;
export type MessKind = (typeof messKinds)[number] | "clean" | "stranger";

/** A row of the made-up bank file, and what it truly is. */
export type MessyRow = {
  readonly kind: MessKind;
  readonly cells: readonly string[];
  /** What it pays; empty: nothing, and nothing may be booked from it. */
  readonly truth: readonly { readonly reference: string; readonly fen: string }[];
};

export const OWN_REGION = "510100";
export const HEADINGS = ["交易日期", "金额(元)", "币种", "对方账号", "对方户名", "附言", "交易流水号"];
const FIRST_DAY = Date.UTC(2026, 0, 5);
const PERIODS = 10;
const REGIONS = 60;

export type MessyWorld = {
  readonly dues: readonly Due[];
  /** Account → region. */
  readonly accounts: ReadonlyMap<string, string>;
  readonly rows: readonly MessyRow[];
};

type Party = { readonly region: string; readonly name: string; readonly accounts: readonly string[] };

/** About `count` bank rows over as many dues as they need, the same for the same seed. */
export function messyPayments(seed: string, count: number): MessyWorld {
  const random = seededRandom(seed);
  const parties = Array.from({ length: REGIONS }, (_, i): Party => {
    const region = String(110_000 + i * 1_100);
    const accounts = Array.from({ length: 2 }, () => accountIn(random));
    return { region, name: `${chinese(random)}市大数据管理局`, accounts };
  });
  const accounts = new Map(parties.flatMap(({ region, accounts: own }) => own.map((one) => [one, region] as const)));
  const dues: Due[] = [];
  const rows: MessyRow[] = [];
  const make = maker(random, parties, dues);
  for (let i = 0; rows.length < count; i++) rows.push(...make.next(i));
  return { dues, accounts, rows: random.sample(rows.slice(0, count), Math.min(count, rows.length)) };
}

/** Of a hundred rows: eight of each mess, thirty clean, six of strangers. */
function maker(random: SeededRandom, parties: readonly Party[], dues: Due[]) {
  let number = 0;
  const newDue = (party: Party, period = random.between(1, PERIODS)): Due => {
    number += 1;
    const periodId = `2026-${String(period).padStart(2, "0")}`;
    const isRound = random.next() < 0.1;
    const fen = isRound ? random.between(10, 500) * 1_000_000 : random.between(100_000, 900_000_000);
    const due: Due = {
      reference: referenceOf(`basis ${number}`, party.region, OWN_REGION),
      ...{ periodId, round: "1", planDigest: `sha256:${"0".repeat(64)}`, from: party.region, to: OWN_REGION },
      ...{ fen: String(fen), issuedAt: new Date(FIRST_DAY).toISOString() },
      ...{ dueAt: null, dueRule: "RULES_MISSING", dueVerified: true, paidFen: "0", payments: [], confirmedAt: null },
    };
    dues.push(due);
    return due;
  };
  const row = (kind: MessKind, party: Party, fen: bigint, text: string, change: Partial<Plain> = {}) =>
    rowOf(random, kind, { party, fen, text, ...change });
  const whole = ({ reference, fen }: Due) => [{ reference, fen }];

  const kinds: { readonly [kind in MessKind]: (party: Party) => MessyRow[] } = {
    clean: (party) => {
      const due = newDue(party);
      return [row("clean", party, BigInt(due.fen), `数据费 ${due.reference}`, { truth: whole(due) })];
    },
    "reference-mistyped": (party) => {
      const due = newDue(party);
      const text = `${slipped(random, due.reference)} 数据使用费`;
      return [row("reference-mistyped", party, BigInt(due.fen), text, { truth: whole(due) })];
    },
    "reference-missing": (party) => {
      const due = newDue(party);
      const text = random.pick(["", "数据服务费", `${due.periodId} 结算款`, "往来款"]);
      return [row("reference-missing", party, BigInt(due.fen), text, { truth: whole(due) })];
    },
    split: (party) => {
      const due = newDue(party);
      const parts = partsOf(random, BigInt(due.fen), random.between(2, 4));
      return parts.map((fen, i) => {
        const truth = [{ reference: due.reference, fen: fen.toString() }];
        return row("split", party, fen, `${due.reference} 第${i + 1}笔`, { truth });
      });
    },
    combined: (party) => {
      const several = Array.from({ length: random.between(2, 4) }, () => newDue(party));
      const fen = several.reduce((sum, one) => sum + BigInt(one.fen), 0n);
      const text = several.map(({ reference }) => reference).join(random.pick(["、", " ", "+", ""]));
      return [row("combined", party, fen, text, { truth: several.flatMap(whole) })];
    },
    "short-by-fee": (party) => {
      const due = newDue(party);
      const fen = BigInt(due.fen) - BigInt(random.pick([500, 1_000, 1_550, 5_000]));
      const truth = [{ reference: due.reference, fen: fen.toString() }];
      return [row("short-by-fee", party, fen, due.reference, { truth })];
    },
    "duplicate-row": (party) => {
      const due = newDue(party);
      const hasNumber = random.next() < 0.7;
      const first = row("clean", party, BigInt(due.fen), due.reference, { truth: whole(due), hasNumber });
      return [first, { ...first, kind: "duplicate-row", truth: [] }];
    },
    "full-width-and-name-variant": (party) => {
      const due = newDue(party);
      const account = dressed(random, random.pick(party.accounts));
      const name = random.pick([
        `${party.name}(专户)`,
        ` ${party.name.split("").join(" ")}`,
        party.name.replace("管理局", "局"),
      ]);
      const text = `付 ${dressed(random, due.reference)} 款`;
      const change = { truth: whole(due), account, name };
      return [row("full-width-and-name-variant", party, BigInt(due.fen), text, change)];
    },
    "date-sign-or-currency": (party) => {
      const due = newDue(party);
      const about = random.pick(["date", "date", "sign", "currency"] as const);
      const kind = "date-sign-or-currency";
      if (about === "date") {
        return [row(kind, party, BigInt(due.fen), due.reference, { truth: whole(due), date: oddDate(random) })];
      }
      if (about === "sign") return [row(kind, party, -BigInt(due.fen), due.reference)];
      return [row(kind, party, BigInt(due.fen), due.reference, { currency: random.pick(["USD", "美元", "HKD"]) })];
    },
    stranger: (party) => {
      const due = newDue(party);
      const about = random.pick(["account", "amount", "reference"] as const);
      // Somebody else's account with our amount; a known party's transfer for something else; a reference of nobody.
      if (about === "account") return [row("stranger", party, BigInt(due.fen), "", { account: accountIn(random) })];
      const fen = BigInt(random.between(100_000, 900_000_000));
      if (about === "amount") return [row("stranger", party, fen, "租金")];
      const other = `HE${"Z".repeat(REFERENCE_CHARS - 2)}`;
      return [row("stranger", party, BigInt(due.fen), other)];
    },
  };
  return {
    next(turn: number): MessyRow[] {
      const at = (turn * 37) % 100;
      const kind = at < 64 ? messKinds[Math.floor(at / 8)] : at < 94 ? "clean" : "stranger";
      return kinds[kind ?? "clean"](random.pick(parties));
    },
  };
}

type Plain = {
  readonly party: Party;
  readonly fen: bigint;
  readonly text: string;
  readonly truth: MessyRow["truth"];
  readonly account: string;
  readonly name: string;
  readonly date: string;
  readonly currency: string;
  readonly hasNumber: boolean;
};

function rowOf(random: SeededRandom, kind: MessKind, given: Partial<Plain> & Pick<Plain, "party" | "fen" | "text">) {
  const { party, fen, text, truth = [], hasNumber = random.next() < 0.9 } = given;
  const date = given.date ?? new Date(FIRST_DAY + random.between(1, 300) * 86_400_000).toISOString().slice(0, 10);
  const number = hasNumber ? `B${String(random.between(1, 1e9))}${String(random.between(1, 1e9))}` : "";
  const account = given.account ?? random.pick(party.accounts);
  const cells = [
    date,
    yuanOf(random, fen),
    given.currency ?? "人民币",
    account,
    given.name ?? party.name,
    text,
    number,
  ];
  return { kind, cells, truth };
}

function yuanOf(random: SeededRandom, fen: bigint): string {
  const digits = (fen < 0n ? -fen : fen).toString().padStart(3, "0");
  const whole = digits.slice(0, -2);
  const grouped = random.next() < 0.5 ? whole.replace(/\B(?=([0-9]{3})+$)/g, ",") : whole;
  return `${fen < 0n ? "-" : ""}${grouped}.${digits.slice(-2)}`;
}

function partsOf(random: SeededRandom, fen: bigint, count: number): bigint[] {
  const parts: bigint[] = [];
  let left = fen;
  for (let i = count; i > 1; i--) {
    const part = (left * BigInt(random.between(10, 60))) / 100n / BigInt(i - 1) + 1n;
    parts.push(part);
    left -= part;
  }
  return [...parts, left];
}
