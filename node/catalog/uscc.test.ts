import { describe, expect, it } from "vitest";
import { checkUscc } from "./uscc.ts";

describe("a unified social credit code", () => {
  it("is valid with the check character of GB 32100, also in lower case and full width", () => {
    expect(checkUscc("91350100M000100Y43")).toBe("valid");
    expect(checkUscc("９１350100m000100y43 ")).toBe("valid");
  });

  it("has a wrong check digit, or is no code at all", () => {
    expect(checkUscc("91350100M000100Y44")).toBe("wrong-check-digit");
    expect(checkUscc("91350100M000100Y4Z")).toBe("malformed");
    expect(checkUscc("91350100M000100Y4")).toBe("malformed");
  });
});
