import { describe, expect, it } from "vitest";
import type { Principal, Role } from "../identity/model.ts";
import { nodePrincipal } from "../identity/model.ts";
import { bundledCalendar, bundledPacks } from "../rules/bundled.ts";
import { loadRules } from "../rules/service.ts";
import { advance, available } from "./engine.ts";
import type { Procedure } from "./procedure.ts";
import { type PublicationEvent, type PublicationState, publication, publicationStates } from "./publication.ts";

const rules = loadRules(bundledPacks("510100"), bundledCalendar());
const AT_MS = Date.parse("2026-09-18T04:00:00.000Z");
const person = (userId: string, ...roles: Role[]): Principal => ({ userId, name: userId, roles, region: "510100" });
const node = nodePrincipal("510100");

function step(state: PublicationState, event: PublicationEvent, actor: Principal, changed: object = {}) {
  const asked = {
    state,
    event,
    actor,
    requestedBy: "asker",
    comment: "reason",
    holds: () => true,
    atMs: AT_MS,
    ...changed,
  };
  const result = advance(publication, asked, rules);
  return result.ok ? result.value.to : result.error.code;
}

describe("publishing an entry", () => {
  it("goes from draft to published by two persons and the node between them", () => {
    expect(step("draft", "submit", person("asker", "publisher"))).toBe("submitted");
    expect(step("submitted", "auto-check", node)).toBe("reviewing");
    expect(step("reviewing", "approve", person("other", "approver"))).toBe("published");
  });

  it("is refused to who asked, to who lacks the role, and to a person in the node's place", () => {
    expect(step("reviewing", "approve", person("asker", "approver"))).toBe("SELF_APPROVAL");
    expect(step("reviewing", "approve", person("other", "publisher", "admin"))).toBe("ROLE_REQUIRED");
    expect(step("submitted", "auto-check", person("other", "approver"))).toBe("NODE_ONLY");
    expect(step("reviewing", "approve", node)).toBe("ROLE_REQUIRED");
  });

  it("takes the row whose guard holds, and names the guard when none does", () => {
    expect(step("submitted", "auto-check", node, { holds: () => false })).toBe("refused");
    expect(step("draft", "submit", person("asker", "publisher"), { holds: () => false })).toBe("GUARD_NOT_MET");
  });

  it("wants a reason where somebody else bears the consequence", () => {
    expect(step("published", "withdraw", person("other", "approver"), { comment: " " })).toBe("REASON_REQUIRED");
  });

  it("ends where it is withdrawn or refused", () => {
    const anybody = person("any", "publisher", "approver");
    for (const state of ["withdrawn", "refused"] as const)
      expect(available(publication, state, anybody, null)).toEqual([]);
    expect(step("withdrawn", "approve", anybody)).toBe("ILLEGAL_TRANSITION");
  });

  it("can be reached in every state from a draft", () => {
    const reached = new Set<PublicationState>(["draft"]);
    for (const _ of publicationStates) {
      for (const { from, to } of publication.moves) if (reached.has(from)) reached.add(to);
    }
    expect([...reached].sort()).toEqual([...publicationStates].sort());
  });

  it("offers each person only what they may do", () => {
    expect(available(publication, "reviewing", person("asker", "approver"), "asker")).toEqual(["return", "refuse"]);
    expect(available(publication, "published", person("p", "publisher"), null)).toEqual(["revise"]);
  });
});

describe("a procedure with a clock", () => {
  const sharing: Procedure<"at-provider" | "agreed", "agree", never> = {
    name: "share",
    moves: [{ from: "at-provider", event: "agree", to: "agreed", by: "approver", clock: "share.provideDays" }],
  };
  const asked = { state: "at-provider", event: "agree", requestedBy: null, comment: null, holds: () => true } as const;

  it("starts the clock of whoever moves next, with the rule it comes from", () => {
    const moved = advance(sharing, { ...asked, actor: person("a", "approver"), atMs: AT_MS }, rules);
    expect(moved).toMatchObject({
      value: {
        to: "agreed",
        by: "approver",
        due: { rule: "cn-national@2025.11.0/share.provideDays", verified: false },
      },
    });
  });

  it("does not move without rules", () => {
    const moved = advance(sharing, { ...asked, actor: person("a", "approver"), atMs: AT_MS }, loadRules([], undefined));
    expect(moved).toMatchObject({ error: { code: "RULES_MISSING" } });
  });
});
