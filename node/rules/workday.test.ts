import { describe, expect, it } from "vitest";
import { addDays } from "../kernel/instant.ts";
import { bundledCalendar } from "./bundled.ts";
import { dueAfterDays, dueAfterMonths, dueAfterWorkdays, dueOnMonthDay, workCalendar } from "./workday.ts";
import workdays from "./workdays.json" with { type: "json" };

const calendar = workCalendar(bundledCalendar());

describe("the working-day calendar", () => {
  it.each(workdays.examples)("received $receivedOn, $workdays workdays: due $dueOn ($why)", (example) => {
    const due = dueAfterWorkdays(calendar, example.receivedOn, example.workdays);
    expect(due).toEqual({ date: example.dueOn, provisional: example.provisional });
  });

  it.each([
    ["2024", 251],
    ["2025", 248],
    ["2026", 248],
  ])("counts %s as %i workdays", (year, expected) => {
    let workdayCount = 0;
    for (let date = `${year}-01-01`; date.startsWith(year); date = addDays(date, 1)) {
      if (calendar.isWorkday(date)) workdayCount += 1;
    }
    expect(workdayCount).toBe(expected);
  });

  it("lets the clock stand still while a supplement is awaited, and goes on the workday after it came", () => {
    const stops = [{ from: "2026-09-21", to: "2026-09-23" }];
    // Counted: 09-20 (make-up Sunday), 09-21, 09-24; the 22nd and 23rd are not.
    expect(dueAfterWorkdays(calendar, "2026-09-18", 3, stops).date).toBe("2026-09-24");
    expect(dueAfterWorkdays(calendar, "2026-09-18", 3).date).toBe("2026-09-22");
  });

  it("moves the end of a period of calendar days past a holiday, not past an ordinary weekend", () => {
    expect(dueAfterDays(calendar, "2026-09-23", 10).date).toBe("2026-10-08");
    expect(dueAfterDays(calendar, "2026-11-12", 10).date).toBe("2026-11-22");
  });

  it("ends months on the same day or the last of the month, and yearly dates on the next such date", () => {
    expect(dueAfterMonths(calendar, "2025-01-31", 1).date).toBe("2025-02-28");
    expect(dueAfterMonths(calendar, "2025-12-15", 36)).toEqual({ date: "2028-12-15", provisional: true });
    expect(dueOnMonthDay(calendar, "2026-03-31", "03-31").date).toBe("2026-03-31");
    expect(dueOnMonthDay(calendar, "2025-04-01", "03-31").date).toBe("2026-03-31");
  });
});
