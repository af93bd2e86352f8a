import { type Failure, ok, type Result } from "../../kernel/exchange-error.ts";
import { chinaDateOf } from "../../kernel/instant.ts";
import type { Source } from "../model.ts";
import { refuseTransfer } from "../refusal.ts";
import { openCsv } from "./csv.ts";
import type { CallAnswer, CallSource } from "./port.ts";

type Verification = Extract<Source, { kind: "verification" }>;
type Row = readonly string[];

/**
 * Loads the lookup into memory by its first match column. A call whose first field is not found is `unknown` throughout:
 * the register may simply not cover it, and unknown must never turn into no. Source: domain.md §12.
 */
export async function loadVerification(source: Verification): Promise<Result<CallSource & { fingerprint: string }>> {
  const opened = await openCsv({ path: source.path });
  if (!opened.ok) return opened;
  const { header, fingerprint } = opened.value;
  const missing = columnsOf(source).filter((column) => !header.includes(column));
  if (missing.length > 0) {
    await opened.value.close();
    return missingColumns(missing);
  }
  const match = Object.entries(source.match).map(([field, column]) => ({ field, at: header.indexOf(column) }));
  const index = new Map<string, Row[]>();
  const key = match[0]?.at ?? 0;
  for (;;) {
    const rows = await opened.value.rows();
    if (!rows.ok || rows.value === null) {
      await opened.value.close();
      if (!rows.ok) return rows;
      break;
    }
    for (const { cells } of rows.value) {
      const found = index.get(cells[key] ?? "");
      if (found === undefined) index.set(cells[key] ?? "", [cells]);
      else found.push(cells);
    }
  }
  return ok({
    fingerprint,
    inputs: match.map(({ field }) => field),
    answer: (input, nowMs) => answerOf(source, header, match, index, input, nowMs),
  });
}

export function columnsOf(source: Verification): string[] {
  return [...Object.values(source.match), ...Object.values(source.answers).map(({ column }) => column)];
}

function answerOf(
  source: Verification,
  header: readonly string[],
  match: readonly { readonly field: string; readonly at: number }[],
  index: ReadonlyMap<string, readonly Row[]>,
  input: { readonly [field: string]: string },
  nowMs: number,
): { [flag: string]: CallAnswer } {
  const [first] = match;
  const known = first === undefined ? [] : (index.get(input[first.field] ?? "") ?? []);
  const row = known.find((cells) => match.every(({ field, at }) => cells[at] === input[field]));
  const answers: { [flag: string]: CallAnswer } = {};
  for (const [flag, { column, op, value }] of Object.entries(source.answers)) {
    const cell = row?.[header.indexOf(column)];
    answers[flag] = judge(op, cell, value ?? "", known.length > 0, nowMs);
  }
  return answers;
}

/** `isKnown`: the register holds the thing asked about, perhaps under other particulars than the caller gave. */
function judge(
  op: Verification["answers"][string]["op"],
  cell: string | undefined,
  value: string,
  isKnown: boolean,
  nowMs: number,
): CallAnswer {
  if (cell === undefined) return op === "present" && isKnown ? "no" : "unknown";
  if (op === "present") return cell === "" ? "no" : "yes";
  // An empty cell says that nothing was recorded, which is no answer to a comparison.
  if (cell === "") return "unknown";
  if (op === "eq") return cell === value ? "yes" : "no";
  if (op === "neq") return cell === value ? "no" : "yes";
  const date = dateOf(cell);
  if (date === undefined) return "unknown";
  return date >= chinaDateOf(nowMs) ? "yes" : "no";
}

/** `2026-10-05`, `2026/10/05` or `20261005`, perhaps with a time after it. */
function dateOf(cell: string): string | undefined {
  const match = /^([0-9]{4})([-/]?)([0-9]{2})\2([0-9]{2})(?![0-9])/.exec(cell);
  return match === null ? undefined : `${match[1]}-${match[3]}-${match[4]}`;
}

export function missingColumns(columns: readonly string[]): Failure {
  return refuseTransfer(
    "SOURCE_MALFORMED",
    "source.columns",
    {
      zh: `数据源缺少列 ${columns.join("、")};请补齐,或改正数据源的设置。`,
      en: `The source lacks the column ${columns.join(", ")}; add it, or correct the source's settings.`,
    },
    { columns: columns.join(",") },
  );
}
