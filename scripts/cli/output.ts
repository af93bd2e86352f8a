import stringWidth from "string-width";
import type { Language } from "../../node/kernel/text.ts";

/** Chinese first; English where the environment's language is English. */
export function language(): Language {
  const set = process.env.HELIU_LANG ?? process.env.LC_ALL ?? process.env.LC_MESSAGES ?? process.env.LANG ?? "";
  return /^en/i.test(set) ? "en" : "zh";
}

/** Picks the reader's language. */
export const say = (zh: string, en: string): string => (language() === "zh" ? zh : en);

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

export type Column = { readonly title: string; readonly right?: boolean };

/** A table by display width, so that Chinese columns line up in a terminal. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, i) =>
    Math.max(stringWidth(column.title), ...rows.map((r) => stringWidth(r[i] ?? ""))),
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
  return [line(columns.map((column) => column.title)), ...rows.map(line)].join("\n");
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
