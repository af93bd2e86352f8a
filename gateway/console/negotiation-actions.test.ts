import { expect, it } from "vitest";
import type { Principal, Role } from "../../node/identity/model.ts";
import type { Negotiation, NegotiationState } from "../../node/negotiation/model.ts";
import { actionsOf } from "./negotiation-actions.ts";

const person = (userId: string, ...roles: Role[]): Principal => ({ userId, name: userId, roles, region: "510100" });

function standing(state: NegotiationState, role: "consumer" | "provider", requestedBy: string | null = null) {
  return { state, role, requestedBy } as Negotiation;
}

const allowed = (negotiation: Negotiation, who: Principal) =>
  actionsOf(negotiation, who).flatMap(({ name, barred }) => (barred === null ? [name] : []));

it("offers the provider's approver to sign, to counter and to refuse a request", () => {
  expect(allowed(standing("REQUESTED", "provider"), person("w", "approver"))).toEqual(["approve", "counter", "reject"]);
});

it("lets a publisher counter but not sign, and says which role may", () => {
  const actions = actionsOf(standing("REQUESTED", "provider"), person("p", "publisher"));
  expect(actions.find(({ name }) => name === "approve")).toEqual({
    name: "approve",
    roles: ["approver"],
    barred: "role",
  });
  expect(actions.find(({ name }) => name === "counter")?.barred).toBeNull();
});

it("never lets who asked countersign, even with the role", () => {
  const both = person("li", "requester", "approver");
  expect(actionsOf(standing("AGREED", "consumer", "li"), both).find(({ name }) => name === "countersign")).toEqual({
    name: "countersign",
    roles: ["approver"],
    barred: "self",
  });
  expect(allowed(standing("AGREED", "consumer", "other"), both)).toContain("countersign");
});

it("lets the requester take, change or leave an offer", () => {
  const offered = standing("OFFERED", "consumer");
  expect(allowed(offered, person("li", "requester"))).toEqual(["accept", "counter", "terminate"]);
});

it("offers nothing once it is over", () => {
  const everyone = person("x", "requester", "approver", "publisher", "admin");
  for (const role of ["consumer", "provider"] as const) {
    expect(actionsOf(standing("FINALIZED", role), everyone)).toEqual([]);
    expect(actionsOf(standing("TERMINATED", role), everyone)).toEqual([]);
  }
});
