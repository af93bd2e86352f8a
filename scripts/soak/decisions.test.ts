import { describe, expect, it } from "vitest";
import { rerun } from "../../node/evidence/rerun.ts";
import { bundledCalendar, bundledPacks } from "../../node/rules/bundled.ts";
import { loadRules } from "../../node/rules/service.ts";
import { alteredPack, decisionSample, LOOKED_UP } from "./decisions.ts";

const rules = loadRules(bundledPacks("510100"), bundledCalendar());

describe("decisions made again", () => {
  it("come out alike, requests and transfers, of every kind of answer", () => {
    const { claims, documents } = decisionSample(rules, 400);
    expect(rerun(claims, documents, rules)).toEqual({ count: 400, equal: 400, faults: [] });
    expect(new Set(claims.map(({ decision }) => decision))).toEqual(
      new Set(["agree", "ask", "counter", "refuse", "allow"]),
    );
  });

  it("name the pack of which one rule was altered, and the decisions that rested on it", () => {
    const { claims, documents } = decisionSample(rules, 50);
    const { count, equal, faults } = rerun(
      claims,
      documents,
      loadRules(bundledPacks("510100").map(alteredPack), bundledCalendar()),
    );
    const differing = faults.filter(({ code }) => code === "DECISION_DIFFERS");
    expect(count - equal).toBe(differing.length);
    expect(differing.length).toBe(claims.filter(({ decision }) => decision === "ask").length);
    expect(faults.filter(({ code }) => code === "DECISION_RULES_DIFFER").length).toBeGreaterThan(0);
  });

  it("name the one decision of many that was recorded otherwise than it was made", () => {
    const { claims, documents } = decisionSample(rules, 200);
    const forged = claims.map((claim, place) =>
      place === 117 ? { ...claim, outcome: claims[118]?.outcome ?? "" } : claim,
    );
    const { faults } = rerun(forged, documents, rules);
    expect(faults).toMatchObject([{ code: "DECISION_DIFFERS", details: { seq: "118" } }]);
    const [claim] = claims;
    if (claim === undefined) throw new Error("no decision");
    expect(rerun([{ ...claim, inputs: `sha256:${"0".repeat(64)}` }], documents, rules).faults).toMatchObject([
      { code: "DECISION_UNREADABLE" },
    ]);
  });

  it("rest on records that name no person and no value that rows were looked up by", () => {
    const { documents } = decisionSample(rules, 100);
    const text = JSON.stringify(documents);
    for (const value of LOOKED_UP) expect(text).not.toContain(value);
  });
});
