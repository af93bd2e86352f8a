import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { productEntry } from "../../test/fixtures/catalog-entries.ts";
import { masksArbitrary, termsArbitrary } from "../../test/fixtures/usage-terms.ts";
import { mustSucceed } from "../kernel/exchange-error.ts";
import { fromOdrl, toOdrl } from "./odrl.ts";
import { offerOf } from "./offer.ts";

const frame = { "@id": "urn:heliu:offer:510100:x:1", "@type": "Offer" } as const;
const offered = mustSucceed(offerOf(productEntry(), "510100", Date.UTC(2026, 9, 5))).terms;
const policy = toOdrl(offered, frame);
const constraints = policy.permission[0]?.constraint ?? [];

describe("terms as ODRL", () => {
  it("come back exactly, whatever they are", () => {
    fc.assert(
      fc.property(termsArbitrary, (terms) => {
        const sent = JSON.parse(JSON.stringify(toOdrl(terms, frame)));
        expect(mustSucceed(fromOdrl(sent))).toEqual(terms);
        // A published offer must not colour a policy that stands for itself.
        expect(mustSucceed(fromOdrl(sent, offered))).toEqual(terms);
      }),
      { numRuns: 60 },
    );
  });

  it("are refused when a structured term is nested without end", () => {
    const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
    const scheme = `{"kind":"shapley","parties":[],"samples":null,"v":${deep}}`;
    const rightOperand = `{"agreementId":"","parties":[],"products":[],"scheme":${scheme}}`;
    const leftOperand = constraints[0]?.leftOperand.replace("purpose", "price") ?? "";
    const others = constraints.filter((one) => one.leftOperand !== leftOperand);
    const constraint = [...others, { leftOperand, operator: "eq", rightOperand }];
    const asked = { ...policy, permission: [{ action: "use", constraint }] };
    expect(fromOdrl(asked)).toMatchObject({ ok: false, error: { code: "CANONICAL_NOT_JSON" } });
  });

  it("hold no bare number, boolean, null or empty array, which the protocol's schema refuses", () => {
    fc.assert(
      fc.property(termsArbitrary, masksArbitrary, (terms, masks) => {
        JSON.stringify(toOdrl({ ...terms, masks }, frame), (_key, value) => {
          expect(typeof value === "string" || (typeof value === "object" && value !== null)).toBe(true);
          if (Array.isArray(value)) expect(value.length).toBeGreaterThan(0);
          return value;
        });
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    [
      "an unknown operand",
      withConstraint({ leftOperand: "https://heliu.example/ns/spatial", operator: "eq", rightOperand: "x" }),
    ],
    ["another vocabulary", withConstraint({ leftOperand: "purpose", operator: "eq", rightOperand: "x" })],
    ["a wider operator", withConstraint({ ...constraints[0], operator: "isNoneOf" }, 0)],
    ["a constraint stated twice", withConstraint({ ...constraints[0] })],
    ["another action", { ...policy, permission: [{ ...policy.permission[0], action: "distribute" }] }],
    ["a duty", { ...policy, permission: [{ ...policy.permission[0], duty: [{ action: "delete" }] }] }],
    ["a prohibition", { ...policy, prohibition: [{ action: "use" }] }],
    [
      "inherited names",
      withConstraint({ leftOperand: "https://heliu.example/ns/constructor", operator: "eq", rightOperand: "x" }),
    ],
  ])("are refused with %s, never read without it", (_what, changed) => {
    expect(fromOdrl(changed, offered)).toMatchObject({ error: { code: "POLICY_UNKNOWN_CONSTRAINT" } });
  });

  it("fill what a foreign connector leaves out from the published offer, without a bill for a free purpose", () => {
    const purpose = {
      leftOperand: "https://heliu.example/ns/purpose",
      operator: "isAnyOf",
      rightOperand: "public-welfare",
    };
    const few = { ...frame, permission: [{ action: "use", constraint: [purpose] }] };
    expect(mustSucceed(fromOdrl(few, offered))).toEqual({ ...offered, purposes: ["public-welfare"], price: null });
    expect(fromOdrl(few)).toMatchObject({ error: { code: "POLICY_MALFORMED" } });
  });
});

function withConstraint(constraint: object, replace?: number) {
  const changed = replace === undefined ? [...constraints, constraint] : constraints.with(replace, constraint as never);
  return { ...policy, permission: [{ action: "use", constraint: changed }] };
}
