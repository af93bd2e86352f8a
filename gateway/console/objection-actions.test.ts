import { describe, expect, it } from "vitest";
import type { Principal, Role } from "../../node/identity/model.ts";
import type { Objection } from "../../node/objections/model.ts";
import { objectionActions } from "./objection-actions.ts";

const person = (...roles: Role[]): Principal => ({ userId: "u-1", name: "甲", roles, region: "510100" });

function objection(changes: Partial<Objection>): Objection {
  return {
    ...{ id: "o-1", type: "rights", agreementId: "AGR-1", about: { kind: "entry" }, text: "有误" },
    ...{ side: "provider", peer: "500000", entry: { region: "510100", id: "e-1", name: "电梯" } },
    ...{ state: "raised", outcome: null, answer: null, reason: null, raisedBy: null, verifiedBy: null, reopened: 0 },
    ...{ timeline: [], createdAt: "2026-11-01T00:00:00.000Z", updatedAt: "2026-11-01T00:00:00.000Z", revision: 1 },
    ...changes,
  };
}

const open = (changes: Partial<Objection>, ...roles: Role[]) =>
  objectionActions(objection(changes), person(...roles)).map(({ event, barred }) => [event, barred]);

describe("what may be done about an objection", () => {
  it("is the other side's own business on each side", () => {
    expect(open({}, "approver")).toEqual([
      ["accept", null],
      ["refuse", null],
    ]);
    expect(open({ side: "requester" }, "requester")).toEqual([["withdraw", null]]);
  });

  it("names the role it takes", () => {
    expect(open({}, "publisher")).toEqual([
      ["accept", "role"],
      ["refuse", "role"],
    ]);
  });

  it("is for the role that raised it to take or send back", () => {
    const raised = { at: "2026-11-01T00:00:00.000Z", event: "raise", from: null, to: "raised", comment: null };
    const handled = { side: "requester", state: "handled", timeline: [{ ...raised, actor: "finance" }] } as const;
    expect(open(handled, "finance")[0]).toEqual(["confirm", null]);
    expect(open(handled, "requester")[0]).toEqual(["confirm", "role"]);
  });

  it("takes another person to approve than who verified", () => {
    expect(open({ state: "verified", verifiedBy: "u-1" }, "approver")).toEqual([
      ["approve", "self"],
      ["return", null],
    ]);
    expect(open({ state: "verified", verifiedBy: "u-2" }, "approver")[0]).toEqual(["approve", null]);
  });

  it("is sent back twice at most", () => {
    const events = (reopened: number) =>
      open({ side: "requester", state: "handled", reopened }, "requester").map(([event]) => event);
    expect(events(1)).toContain("reopen");
    expect(events(2)).not.toContain("reopen");
  });
});
