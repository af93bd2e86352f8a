import stringWidth from "string-width";
import { chinaTimeOf, msOf } from "../../node/kernel/instant.ts";
import { type Language, languageOf } from "../../node/kernel/text.ts";

export const language = (): Language => languageOf(process.env);

/** Picks the reader's language. */
export const say = (zh: string, en: string): string => (language() === "zh" ? zh : en);

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

export type Column = { readonly title: string; readonly right?: boolean };

/** What came from a file or a peer must not move the cursor, colour the screen or break the line it stands in. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, " ");
}

/** A table by display width, so that Chinese columns line up in a terminal. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = rows.map((cells) => cells.map(plain));
  // Not Math.max(...rows): an import may report more faults than a call takes arguments.
  const widths = columns.map(({ title }, i) =>
    lines.reduce((widest, cells) => Math.max(widest, stringWidth(cells[i] ?? "")), stringWidth(title)),
  );
  const line = (cells: readonly string[]) =>
    columns
      .map((column, i) => {
        const cell = cells[i] ?? "";
        const gap = " ".repeat(Math.max(0, (widths[i] ?? 0) - stringWidth(cell)));
        return column.right === true ? gap + cell : cell + gap;
      })
      .join("  ")
      .trimEnd();
  return [line(columns.map((column) => column.title)), ...lines.map(line)].join("\n");
}

/** Lines of cells in columns, without a head. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const titles = (rows[0] ?? []).map(() => ({ title: "" }));
  return table(titles, rows).split("\n").slice(1).join("\n");
}

/** When: as a clock in China shows it. Programs get the instant itself, by `--json`. */
export function clock(instant: string): string {
  return chinaTimeOf(msOf(instant));
}

/** −5 fen → `-0.05`, with thousands separated. */
export function yuan(fen: string): string {
  const negative = fen.startsWith("-");
  const digits = (negative ? fen.slice(1) : fen).padStart(3, "0");
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${negative ? "-" : ""}${whole}.${digits.slice(-2)}`;
}

/** A progress line that is redrawn, on a terminal only and only after a second of work. */
export function progress(label: string): { readonly update: (done: string) => void; readonly end: () => void } {
  const began = Date.now();
  let shown = false;
  return {
    update(done) {
      if (!process.stderr.isTTY || Date.now() - began < 1_000) return;
      shown = true;
      process.stderr.write(`\r\u001b[K${label} ${done}`);
    },
    end() {
      if (shown) process.stderr.write("\r\u001b[K");
    },
  };
}
