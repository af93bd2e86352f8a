import { expect, it } from "vitest";
import { bytes, dayOf, dueDay, fullTime, shortDigest, shortTime } from "./format.ts";

it("names the last whole day where a deadline ends at midnight in China", () => {
  // Midnight that begins the 28th: the 27th, a Friday, is the last day to answer.
  expect(dueDay("2026-11-27T16:00:00.000Z", "zh")).toBe("11 月 27 日(周五)");
  expect(dueDay("2026-11-27T16:00:00.000Z", "en")).toBe("Fri 2026-11-27");
});

it("names the hour where a deadline ends within a day", () => {
  expect(dueDay("2026-11-27T06:30:00.000Z", "zh")).toBe("11 月 27 日(周五) 14:30");
});

it("shows times of China Standard Time, and the year only where it is another one", () => {
  const now = Date.parse("2026-12-31T15:59:00.000Z");
  expect(shortTime("2026-11-20T01:12:00.000Z", now)).toBe("11-20 09:12");
  expect(shortTime("2026-12-31T16:00:00.000Z", now)).toBe("2027-01-01 00:00");
  expect(fullTime("2026-11-20T01:12:31.500Z")).toBe("2026-11-20 09:12:31 UTC+8");
  expect(dayOf("2026-11-20T16:00:00.000Z")).toBe("2026-11-21");
});

it("shortens what is long and leaves what is short", () => {
  expect(shortDigest(`sha256:7c1e${"0".repeat(56)}a94f`)).toBe("7c1e00…a94f");
  expect(shortDigest("abc")).toBe("abc");
  expect([bytes("0"), bytes("1023"), bytes(String(5 * 1024 * 1024))]).toEqual(["0 B", "1023 B", "5.0 MiB"]);
});
