import { describe, expect, it } from "vitest";
import { canonicalText } from "../../node/kernel/canonical-json.ts";
import { ok } from "../../node/kernel/exchange-error.ts";
import { putAgreement } from "../../node/negotiation/store.ts";
import type { InboundMessage } from "../../node/outbox/model.ts";
import { transact } from "../../node/storage/transact.ts";
import { closeBoth } from "./settled-world.ts";
import { AGR_7, agreementOf, CONSUMER, holdBoth, OCTOBER, receiptChain, twoRegions } from "./two-regions.ts";

const STRANGER = "520100";
const kinds = ["Declare", "Propose", "Sign"] as const;

let count = 0;
const message = (kind: string, body: InboundMessage["body"], peer = CONSUMER): InboundMessage => ({
  ...{ id: `M-${count++}`, peer, traceId: "", binding: "grpc", topic: "settlement" },
  ...{ kind, body },
});

describe("what a peer may send", () => {
  it.each(kinds)("is refused by name when the body of %s is nothing, a list or a text", async (kind) => {
    const world = await twoRegions();
    for (const body of [null, [], "x", true, {}]) {
      expect(await world.provider().outbox.receive(message(kind, body))).toMatchObject({
        error: { kind: "invalid-input", code: "SETTLEMENT_MESSAGE" },
      });
    }
  });

  it("tells a stranger nothing of an agreement, priced or not, by whatever kind of message it asks", async () => {
    const world = await twoRegions();
    const unpriced = {
      ...agreementOf({ ...AGR_7, agreementId: "AGR-8" }, "provider"),
      document: canonicalText({ type: "heliu.agreement.v1", agreementId: "AGR-8", terms: null }),
    };
    await transact(world.provider().store, [], (tx) => ok(putAgreement(tx, undefined, unpriced)));
    const bodies = (agreementId: string) => {
      const about = { agreementId, periodId: "2026-10", round: "1" };
      const signed = { step: "sign", digest: `sha256:${"0".repeat(64)}`, keyId: "k", signature: "s" };
      const notice = { partyId: "510100:provider", lastDay: "2026-11-20", keyId: "x", signature: "" };
      return [
        { ...about, ...signed },
        { ...about, ...signed, party: STRANGER },
        { ...about, step: "figures", party: STRANGER },
        { agreementId, notice },
      ];
    };
    const answers = async (agreementId: string) => {
      const codes: string[] = [];
      for (const body of bodies(agreementId)) {
        const answer = await world.provider().outbox.receive(message("Declare", body, STRANGER));
        codes.push(answer.ok ? "taken" : answer.error.code);
      }
      return codes;
    };
    const unknown = await answers("AGR-404");
    expect(unknown).toEqual(bodies("").map(() => "SETTLEMENT_NOT_PARTY"));
    expect(await answers("AGR-8")).toEqual(unknown);
    expect(await answers("AGR-7")).toEqual(unknown);
  });

  it("reads no receipt twice in one round of a search: prefixes lie apart", async () => {
    const world = await twoRegions();
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    await closeBoth(world);
    const ask = (prefixes: readonly string[]) =>
      world
        .provider()
        .settlements.treeNodes(
          { region: CONSUMER, spiffeId: "", leafSerial: "", issuerFingerprint: "", capabilities: [] },
          { agreementId: "AGR-7", periodId: "2026-10", prefixes },
        );
    const refused = { error: { kind: "invalid-input", code: "TREE_BAD_PREFIX" } };
    expect(await ask(Array.from({ length: 4_096 }, () => ""))).toMatchObject(refused);
    expect(await ask(["a", "0b", "0"])).toMatchObject(refused);
    expect(await ask(["A"])).toMatchObject(refused);
    expect(await ask(["a", "0b", "0c"])).toMatchObject({ ok: true });
    expect(await ask([""])).toMatchObject({ ok: true });
  });
});
