import { describe, expect, it } from "vitest";
import chengdu from "../../data/catalog-chengdu.json" with { type: "json" };
import { mustSucceed } from "../kernel/exchange-error.ts";
import { decodeChange, encodeChange } from "./entry-codec.ts";
import { type CatalogEntry, catalogEntrySchema } from "./model.ts";

const changeOf = (entry: CatalogEntry | null) => ({
  sequence: "7",
  at: "2026-11-23T04:00:00.000Z",
  entryId: "cd-prod-0002",
  version: "2",
  entry,
});

describe("a change in canonical JSON", () => {
  it("brings back every entry number for number, and a withdrawal", () => {
    for (const raw of chengdu.entries) {
      const parsed = catalogEntrySchema.parse({
        ...raw,
        quality: { completeness: 0.95, accuracy: 1, timeliness: 1e-7 },
      });
      const change = { ...changeOf(parsed), entryId: parsed.id };
      expect(mustSucceed(decodeChange(mustSucceed(encodeChange(change))))).toEqual(change);
    }
    expect(mustSucceed(decodeChange(mustSucceed(encodeChange(changeOf(null)))))).toEqual(changeOf(null));
  });

  it("is refused with a second spelling of a number, or under another id", () => {
    const entry = catalogEntrySchema.parse(chengdu.entries.find(({ id }) => id === "cd-prod-0002"));
    const text = mustSucceed(encodeChange(changeOf(entry)));
    expect(decodeChange(text.replace('"perMonth":"10000"', '"perMonth":"1e4"'))).toMatchObject({
      error: { code: "BAD_CHANGE" },
    });
    expect(decodeChange(text.replace('"entryId":"cd-prod-0002"', '"entryId":"cd-prod-0001"'))).toMatchObject({
      ok: false,
    });
  });
});
