import type { Text } from "../../kernel/text.ts";
import {
  type Bin,
  bins,
  type ExceptionKind,
  exceptionKinds,
  type LineEquation,
  type LineFacts,
  type Term,
  wouldCharge,
} from "./equation.ts";

/** Something delivered that the statement does not settle: who has to act, and whether closing waits for it. */
export type Exception = {
  readonly kind: ExceptionKind;
  readonly lineId: string;
  readonly quantity: string;
  readonly receipts: string;
  /** What it would come to at the price in force. */
  readonly fen: string;
  readonly owner: { readonly region: string; readonly role: string };
  readonly blocks: boolean;
  readonly text: Text;
  /** Where the receipts are listed. */
  readonly href: string;
};

/** Beside the signed statement, never in it: nothing here changes a byte of what is signed. */
export type StatementEquation = {
  readonly agreementId: string;
  readonly periodId: string;
  /** `receipts`: no statement yet, so the equation says what one would have to account for. */
  readonly basis: "statement" | "receipts";
  readonly statementDigest: string | null;
  readonly lines: readonly LineEquation[];
  /** Deferred in earlier periods and released in this one; stands in no line that was delivered now. */
  readonly releasedFen: string;
  readonly delivered: Sum;
  readonly terms: { readonly [B in Bin]: Sum & { readonly href: string } };
  readonly unexplained: Sum;
  readonly isBalanced: boolean;
  readonly exceptions: readonly Exception[];
};

/** Lines of different metrics have no common unit, so only receipts and fen are added up. */
type Sum = { readonly receipts: string; readonly fen: string };

type Summed = Pick<StatementEquation, "delivered" | "terms" | "unexplained" | "isBalanced">;

export function summed(
  lines: readonly LineEquation[],
  releasedFen: bigint,
  about: Pick<About, "agreementId" | "periodId">,
): Summed {
  const sum = (of: (line: LineEquation) => Term): Sum => ({
    receipts: lines.reduce((all, line) => all + BigInt(of(line).receipts), 0n).toString(),
    fen: lines.reduce((all, line) => all + BigInt(of(line).fen), 0n).toString(),
  });
  // Money of earlier periods: kept now, and no longer held back.
  const moved: { readonly [B in Bin]?: bigint } = { charged: releasedFen, capped: -releasedFen };
  const terms = Object.fromEntries(
    bins.map((bin) => {
      const { receipts, fen } = sum((line) => line[bin]);
      const href = receiptsHref(about, bin);
      return [bin, { receipts, fen: (BigInt(fen) + (moved[bin] ?? 0n)).toString(), href }];
    }),
  ) as Summed["terms"];
  return {
    terms,
    delivered: sum((line) => line.delivered),
    unexplained: sum((line) => line.unexplained),
    isBalanced: lines.every(({ isBalanced }) => isBalanced),
  };
}

type About = {
  readonly agreementId: string;
  readonly periodId: string;
  readonly provider: string;
  readonly consumer: string;
};

function receiptsHref({ agreementId, periodId }: Pick<About, "agreementId" | "periodId">, bin: string): string {
  const query = new URLSearchParams({ agreement: agreementId, bin });
  return `/api/v1/settlements/${periodId}/receipts?${query}`;
}

export function exceptionsOf(facts: readonly LineFacts[], about: About): Exception[] {
  return facts.flatMap((line) =>
    exceptionKinds.flatMap((kind): Exception[] => {
      const tally = line.delivered.exceptions.get(kind);
      if (tally === undefined) return [];
      const { commercial, free, receipts } = tally;
      return [
        {
          kind,
          lineId: line.lineId,
          quantity: (commercial + free).toString(),
          receipts: receipts.toString(),
          fen: wouldCharge(line, commercial).toString(),
          owner: ownerOf(kind, about),
          blocks: BLOCKING.has(kind),
          text: TEXTS[kind],
          href: receiptsHref(about, kind),
        },
      ];
    }),
  );
}

/**
 * A disputed receipt is parked, a number with two versions is in dispute by itself, and a late receipt comes in the next
 * period; the others may not be passed over. Closing waits for the same (`exceptions.ts`).
 */
const BLOCKING: ReadonlySet<ExceptionKind> = new Set(["unsigned", "unreceipted"]);

function ownerOf(kind: ExceptionKind, { provider, consumer }: About): Exception["owner"] {
  switch (kind) {
    case "unsigned":
      return { region: consumer, role: "admin" };
    case "disputed":
      return { region: provider, role: "finance" };
    case "late":
      return { region: provider, role: "finance" };
    case "unreceipted":
    case "equivocated":
      return { region: provider, role: "admin" };
  }
}

const TEXTS: { readonly [K in ExceptionKind]: Text } = {
  unsigned: {
    zh: "使用方尚未签字的凭据;请使用方节点补签,补签后自动计入。",
    en: "Receipts that the consumer has not signed; its node must sign them, and they count then by themselves.",
  },
  unreceipted: {
    zh: "已应答但计量窗口尚未出具凭据的调用;窗口关闭后自动计入。",
    en: "Calls that were answered while their window has no receipt yet; they count when it closes.",
  },
  equivocated: {
    zh: "同一编号有两份不同的凭据;请提供方查明,查明前不计入。",
    en: "Two different receipts under one number; the provider must find out why, and neither counts before.",
  },
  disputed: {
    zh: "双方有争议的凭据,金额已挂起;请按争议程序处理,其余照常结算。",
    en: "Receipts in dispute, their amount parked; resolve the dispute, the rest settles meanwhile.",
  },
  late: {
    zh: "结算单截止后才完整的凭据,计入下一期。",
    en: "Receipts that were complete only after the statement; they count into the next period.",
  },
};
