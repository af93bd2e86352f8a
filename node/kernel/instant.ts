import { z } from "zod";

/** An RFC 3339 instant in UTC with milliseconds, exactly `2026-10-05T08:00:00.000Z`. Source: settlement.md §1. */
export type Instant = string;

export function instantOf(ms: number): Instant {
  return new Date(ms).toISOString();
}

export function msOf(instant: Instant): number {
  return Date.parse(instant);
}

const CHINA_OFFSET_MS = 8 * 3_600_000;
const DAY_MS = 86_400_000;
const dateSchema = z.iso.date();

/** The clock in China (UTC+8 all year), `2026-10-05T16:00:00.000`: without a zone, for people to read parts of. */
export function chinaClockOf(ms: number): string {
  return new Date(ms + CHINA_OFFSET_MS).toISOString().slice(0, -1);
}

/** The date in China, `2026-10-05`. */
export function chinaDateOf(ms: number): string {
  return chinaClockOf(ms).slice(0, 10);
}

/** The clock in China to the minute, `2026-10-05 16:00 UTC+8`: wherever a person reads a time. */
export function chinaTimeOf(ms: number): string {
  return `${chinaClockOf(ms).slice(0, 16).replace("T", " ")} UTC+8`;
}

/** The settlement period an instant falls into: the calendar month in China, `2026-10`. */
export function periodOf(ms: number): string {
  return chinaDateOf(ms).slice(0, 7);
}

/** The calendar month after one, `2026-12` → `2027-01`. */
export function nextPeriod(periodId: string): string {
  // Thirty-two days after the first of a month lie in the next one.
  return instantOf(msOf(`${periodId}-01`) + 32 * DAY_MS).slice(0, 7);
}

/** Midnight that begins a China date, as an instant: `2026-10-05` → `2026-10-04T16:00:00.000Z`. */
export function chinaMidnight(date: string): Instant {
  return instantOf(msOf(`${date}T00:00:00.000Z`) - CHINA_OFFSET_MS);
}

/** The midnight that ends a China date: what holds "until 2026-10-05" holds before it. */
export function endOfChinaDate(date: string): Instant {
  return chinaMidnight(addDays(date, 1));
}

/** `2026-10-31` and 1 → `2026-11-01`; back with a negative count. */
export function addDays(date: string, days: number): string {
  return instantOf(msOf(date) + days * DAY_MS).slice(0, 10);
}

/** Whether a text is a day of the calendar, `2026-10-05`; `2026-02-30` is none, though `Date` reads it as one. */
export function isDate(text: string): boolean {
  return dateSchema.safeParse(text).success;
}
