import { describe, expect, it } from "vitest";
import type { Reason } from "../../../node/kernel/reason.ts";
import type { Language } from "../../../node/kernel/text.ts";
import { waitsForSignatures, waitsForWindows } from "../../../node/settlement/reasons.ts";
import { en } from "../messages/en.ts";
import { zh } from "../messages/zh.ts";
import type { View } from "../view.ts";
import { ReasonLine } from "./reason.tsx";

const NAMES: { readonly [region: string]: string } = { "510100": "成都市", "500000": "重庆市" };

function shown(reason: Reason, language: Language): string {
  const view = { language, t: language === "zh" ? zh : en, nameOf: (id: string) => NAMES[id] ?? id } as unknown as View;
  return (<ReasonLine view={view} reason={reason} />).toString();
}

describe("a reason", () => {
  it("calls regions as people call them, and leaves a count that looks like one alone", () => {
    for (const reason of [waitsForSignatures("510100", 500_000), waitsForWindows("510100", 500_000)]) {
      for (const language of ["zh", "en"] as const) {
        const text = shown(reason, language);
        expect(text).toContain("成都市");
        expect(text).toMatch(/500000 (张|次|receipts|calls)/);
        expect(text).not.toContain("重庆市");
      }
    }
  });

  it.each(["HE-500000-1", "1…500000", "500,000,500000", "500000.00", "core@500000/2", "500000 分", "500000 fen"])(
    "takes %s for no region",
    (text) => {
      const reason = { ...waitsForSignatures("510100", 1), text: { zh: text, en: text } };
      expect(shown(reason, "zh")).toContain(text);
    },
  );
});
