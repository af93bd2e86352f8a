import { addDays, chinaMidnight, msOf } from "../kernel/instant.ts";
import type { CalendarData } from "./model.ts";

/** A China date, `2026-10-05`. */
export type DateText = string;

export type WorkCalendar = {
  readonly version: string;
  readonly isWorkday: (date: DateText) => boolean;
  /** Listed as off by a holiday notice; an ordinary weekend is not. */
  readonly isHoliday: (date: DateText) => boolean;
  /** Whether the year's notice is loaded, only its fixed dates are known, or nothing at all. */
  readonly coverage: (date: DateText) => "published" | "provisional" | "none";
};

/** The clock of a matter stood still after the day `from` up to and including the day `to` (waiting for a supplement). */
export type Stop = { readonly from: DateText; readonly to: DateText };

export type DueDate = {
  readonly date: DateText;
  /** The counted days touch a year whose notice is not loaded; the date is computed again when it is. */
  readonly provisional: boolean;
};

const DAY_MS = 86_400_000;
const CHINA_OFFSET_MS = 8 * 3_600_000;

/** 0 is Sunday. 1970-01-01 was a Thursday. */
function weekdayOf(date: DateText): number {
  return ((msOf(chinaMidnight(date)) + CHINA_OFFSET_MS) / DAY_MS + 4) % 7;
}

export function workCalendar(data: CalendarData): WorkCalendar {
  const years = Object.values(data.years);
  const off = new Set(years.flatMap((year) => year.off.map((day) => day.date)));
  const work = new Set(years.flatMap((year) => year.work.map((day) => day.date)));
  return {
    version: data.schemaVersion,
    isHoliday: (date) => off.has(date),
    isWorkday: (date) => work.has(date) || (!off.has(date) && weekdayOf(date) % 6 !== 0),
    coverage: (date) => data.years[date.slice(0, 4)]?.status ?? "none",
  };
}

/**
 * The last of `days` workdays. The day of receipt is not counted (Civil Code art. 201); receipt on a day off makes the
 * first workday after it day 1; days within a stop are not counted.
 */
export function dueAfterWorkdays(
  calendar: WorkCalendar,
  received: DateText,
  days: number,
  stops: readonly Stop[] = [],
): DueDate {
  let date = received;
  let provisional = calendar.coverage(received) !== "published";
  for (let left = days; left > 0; ) {
    date = addDays(date, 1);
    if (calendar.coverage(date) !== "published") provisional = true;
    const isStopped = stops.some(({ from, to }) => from < date && date <= to);
    if (!isStopped && calendar.isWorkday(date)) left -= 1;
  }
  return { date, provisional };
}

/** A period of calendar days: an end on a statutory holiday moves to the day after the holiday (Civil Code art. 203). */
export function dueAfterDays(calendar: WorkCalendar, received: DateText, days: number): DueDate {
  return pastHoliday(calendar, received, addDays(received, days));
}

/** A period of months ends on the day with the same number, or on the month's last day (Civil Code art. 202). */
export function dueAfterMonths(calendar: WorkCalendar, received: DateText, months: number): DueDate {
  const monthsSinceZero = Number(received.slice(0, 4)) * 12 + Number(received.slice(5, 7)) - 1 + months;
  const month = monthText(monthsSinceZero);
  const lastDay = addDays(`${monthText(monthsSinceZero + 1)}-01`, -1);
  const sameDay = `${month}-${received.slice(8, 10)}`;
  return pastHoliday(calendar, received, sameDay > lastDay ? lastDay : sameDay);
}

/** The next date with that month and day, `03-31`, on or after the day of receipt. */
export function dueOnMonthDay(calendar: WorkCalendar, received: DateText, monthDay: string): DueDate {
  const year = Number(received.slice(0, 4));
  const date = `${monthDay < received.slice(5) ? year + 1 : year}-${monthDay}`;
  return { date, provisional: calendar.coverage(date) !== "published" };
}

function pastHoliday(calendar: WorkCalendar, received: DateText, end: DateText): DueDate {
  let date = end;
  while (calendar.isHoliday(date)) date = addDays(date, 1);
  const isCovered = [received, end, date].every((day) => calendar.coverage(day) === "published");
  return { date, provisional: !isCovered };
}

function monthText(monthsSinceZero: number): string {
  const year = Math.floor(monthsSinceZero / 12);
  return `${year}-${String((monthsSinceZero % 12) + 1).padStart(2, "0")}`;
}
