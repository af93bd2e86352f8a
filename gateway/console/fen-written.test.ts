import { describe, expect, it } from "vitest";
import { fenWritten } from "./fen-written.ts";

describe("an amount written by a person", () => {
  it("is read with thousands, signs and full-width digits", () => {
    const read = ["12", "12.3", "12.30", "1,234.50", "¥ 7", "12.05", "0", "999999999999999999.99"].map(fenWritten);
    expect(read).toEqual(["1200", "1230", "1230", "123450", "700", "1205", "0", "99999999999999999999"]);
  });

  it("is refused where its meaning is in doubt", () => {
    for (const text of ["", "-1", "1.234", "1,23", "12,34.5", "1e3", "十二", "1.2.3", "1 000"]) {
      expect([text, fenWritten(text)]).toEqual([text, null]);
    }
  });
});
