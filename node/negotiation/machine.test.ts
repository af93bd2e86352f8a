import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maySendTermination, type NegotiationEvent, nextState, type Party } from "./machine.ts";
import { type NegotiationState, negotiationStates } from "./model.ts";

/** dsp.md §2.2, the receiver's view: (message, its sender) → where from → where to. */
const MATRIX: [NegotiationEvent, Party, Partial<Record<NegotiationState, NegotiationState>>][] = [
  ["request", "consumer", { OFFERED: "REQUESTED" }],
  ["accept", "consumer", { OFFERED: "ACCEPTED" }],
  ["verify", "consumer", { AGREED: "VERIFIED" }],
  ["offer", "provider", { REQUESTED: "OFFERED" }],
  ["agree", "provider", { REQUESTED: "AGREED", ACCEPTED: "AGREED" }],
  ["finalize", "provider", { VERIFIED: "FINALIZED" }],
  ...(["consumer", "provider"] as const).map((by): (typeof MATRIX)[number] => [
    "terminate",
    by,
    {
      REQUESTED: "TERMINATED",
      OFFERED: "TERMINATED",
      ACCEPTED: "TERMINATED",
      AGREED: "TERMINATED",
      VERIFIED: "TERMINATED",
    },
  ]),
];

describe("the negotiation machine", () => {
  it("is the protocol's matrix, cell for cell, from both sides", () => {
    for (const event of ["request", "offer", "agree", "accept", "verify", "finalize", "terminate"] as const) {
      for (const by of ["consumer", "provider"] as const) {
        const allowed = MATRIX.find(([name, party]) => name === event && party === by)?.[2] ?? {};
        for (const from of negotiationStates) {
          const next = nextState(from, event, by);
          expect([event, by, from, next.ok ? next.value : undefined]).toEqual([event, by, from, allowed[from]]);
        }
      }
    }
  });

  it("reaches FINALIZED only by way of AGREED and VERIFIED, whatever is sent in whatever order", () => {
    const event = fc.constantFrom(
      "request",
      "offer",
      "agree",
      "accept",
      "verify",
      "finalize",
    ) as fc.Arbitrary<NegotiationEvent>;
    const by = fc.constantFrom("consumer", "provider") as fc.Arbitrary<Party>;
    fc.assert(
      fc.property(fc.array(fc.tuple(event, by), { maxLength: 80 }), (sent) => {
        const visited: NegotiationState[] = ["REQUESTED"];
        for (const [what, who] of sent) {
          const next = nextState(visited.at(-1) ?? "REQUESTED", what, who);
          if (next.ok) visited.push(next.value);
        }
        if (visited.includes("FINALIZED")) expect(visited.slice(-3)).toEqual(["AGREED", "VERIFIED", "FINALIZED"]);
      }),
    );
  });

  it("sends a termination only where the protocol's diagram shows one", () => {
    const senders = negotiationStates.map((state) => [
      state,
      (["consumer", "provider"] as const).filter((by) => maySendTermination(state, by).ok).join(),
    ]);
    expect(Object.fromEntries(senders)).toEqual({
      REQUESTED: "consumer,provider",
      OFFERED: "consumer,provider",
      ACCEPTED: "provider",
      AGREED: "consumer",
      VERIFIED: "provider",
      FINALIZED: "",
      TERMINATED: "",
    });
  });
});
