import { chinaClockOf, chinaDateOf, msOf } from "../../node/kernel/instant.ts";
import type { Language } from "../../node/kernel/text.ts";

const WEEKDAYS = {
  zh: ["周日", "周一", "周二", "周三", "周四", "周五", "周六"],
  en: ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"],
} as const;

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

export function bytes(count: string | number): string {
  let value = Number(count);
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

/** `sha256:7c1e…a94f`; the whole belongs into a title. */
export function shortDigest(digest: string): string {
  const hex = digest.replace(/^sha256:/, "");
  return hex.length <= 16 ? hex : `${hex.slice(0, 6)}…${hex.slice(-4)}`;
}

/** `urn:uuid:0193…` → `0193a2b4…9f3c`. */
export function shortId(id: string): string {
  const bare = id.replace(/^urn:uuid:/, "");
  return bare.length <= 16 ? bare : `${bare.slice(0, 8)}…${bare.slice(-4)}`;
}

type Parts = {
  readonly year: string;
  readonly month: string;
  readonly day: string;
  readonly time: string;
  readonly weekday: number;
};

/** Every clock of the console is China Standard Time (UTC+8 all year), as deadlines are. */
function inChina(instant: string): Parts {
  const text = chinaClockOf(msOf(instant));
  return {
    year: text.slice(0, 4),
    month: text.slice(5, 7),
    day: text.slice(8, 10),
    time: text.slice(11, 16),
    weekday: new Date(`${text}Z`).getUTCDay(),
  };
}

/** `11-20 09:12`, with the year where it is another one. */
export function shortTime(instant: string, nowMs: number): string {
  const { year, month, day, time } = inChina(instant);
  const thisYear = inChina(new Date(nowMs).toISOString()).year;
  return `${year === thisYear ? "" : `${year}-`}${month}-${day} ${time}`;
}

/** `2026-11-20 09:12:31 UTC+8`, for titles. */
export function fullTime(instant: string): string {
  const local = chinaClockOf(msOf(instant));
  return `${local.slice(0, 10)} ${local.slice(11, 19)} UTC+8`;
}

/** `11 月 27 日(周五)`. A due time at midnight means the day before is the last one. */
export function dueDay(until: string, language: Language): string {
  const ends = inChina(until);
  const last = ends.time === "00:00" ? inChina(new Date(Date.parse(until) - 1).toISOString()) : ends;
  const weekday = WEEKDAYS[language][last.weekday] ?? "";
  const clock = ends.time === "00:00" ? "" : ` ${ends.time}`;
  return language === "zh"
    ? `${Number(last.month)} 月 ${Number(last.day)} 日(${weekday})${clock}`
    : `${weekday} ${last.year}-${last.month}-${last.day}${clock}`;
}

/** `2026-11-20` in China. */
export function dayOf(instant: string): string {
  return chinaDateOf(msOf(instant));
}
