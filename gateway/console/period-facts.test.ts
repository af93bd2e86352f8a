import { describe, expect, it } from "vitest";
import type { PeriodView } from "../../node/settlement/period-view.ts";
import { namedParties } from "./named-parties.ts";
import { regionStandings } from "./period-facts.ts";

const signature = (region: string) => ({ region, keyId: "k", signature: "s" });
const period = {
  periodId: "2026-11",
  perRegion: [{ region: "500000", fen: "120" }],
  digests: { "510100": "sha256:a" },
  blocking: [{ turn: { region: "500000", role: "finance" } }, { turn: null }],
  settlements: [
    {
      ...{ provider: "510100", consumer: "500000", peer: "500000", digest: "sha256:1", peerDigest: "sha256:1" },
      parties: [{ partyId: "520100:compute", role: "compute", regionId: "520100" }],
      signatures: [signature("510100"), signature("500000")],
    },
    {
      ...{ provider: "500000", consumer: "510100", peer: "500000", digest: "sha256:2", peerDigest: null, parties: [] },
      signatures: [signature("510100")],
    },
  ],
} as unknown as PeriodView;

describe("where regions stand in a period", () => {
  it("counts what each has computed and signed of what concerns it, a third region's too", () => {
    const told = regionStandings("510100", period);
    expect(told.map((one) => [one.region, one.statements, one.computed, one.signed, one.waits])).toEqual([
      ["510100", 2, 2, 2, 0],
      ["500000", 2, 1, 1, 1],
      ["520100", 1, 0, 0, 0],
    ]);
  });

  it("names parties in sentences, the longer id before the one it begins with", () => {
    const names: { [id: string]: string } = { "510100:fund": "基金", "510100:fund-2": "二号基金" };
    const told = namedParties("510100:fund-2 (4/5)、510100:fund", Object.keys(names), (id) => names[id] ?? id);
    expect(told).toBe("二号基金 (4/5)、基金");
  });
});
