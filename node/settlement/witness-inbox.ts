import { aboutOf, inRound } from "./process.ts";
import type { Settlement, WitnessedSide } from "./process-model.ts";
import type { ThirdMessage } from "./third-messages.ts";
import { sideOf } from "./witness-step.ts";

/** Pure: a third region's settlement with what a side, or a further third region, says. The same object when it is nothing new. */
export function takeAsWitness(settlement: Settlement, sender: string, message: ThirdMessage): Settlement {
  const { kind, body } = message;
  if (settlement.state === "agreed") return settlement;
  if (kind === "Sign" && !isSide(settlement, sender)) {
    if (settlement.witness?.others[sender] !== undefined) return settlement;
    const { digest, keyId, signature } = body;
    const { sides = {}, others = {} } = settlement.witness ?? {};
    return { ...settlement, witness: { sides, others: { ...others, [sender]: { digest, keyId, signature } } } };
  }
  // Both sides had signed before we did, so nothing of theirs can be new to us any more.
  if (settlement.signature !== null || BigInt(body.round) < BigInt(settlement.round)) return settlement;
  const now = BigInt(body.round) > BigInt(settlement.round) ? inRound(settlement, body.round) : settlement;
  return takeFromSide(now, sender, message);
}

function takeFromSide(now: Settlement, region: string, { kind, body }: ThirdMessage): Settlement {
  const side = sideOf(now, region);
  if (kind === "Propose") {
    const { proposal, rows, scope } = body;
    return side.proposal === null ? withSide(now, region, { proposal, rows, scope, reason: null }) : now;
  }
  if (kind === "Sign") {
    const { digest, keyId, signature } = body;
    return side.signature === null
      ? withSide(now, region, { signature: { digest, keyId, signature }, reason: null })
      : now;
  }
  if (body.step === "reason") return withSide(now, region, { reason: body.reason });
  if (body.step === "figures" || body.text === undefined || side.declaration !== null) return now;
  const { text, digest, keyId, signature } = body;
  return withSide(now, region, { declaration: { text, digest, keyId, signature }, reason: null });
}

function withSide(now: Settlement, region: string, change: Partial<WitnessedSide>): Settlement {
  const { sides = {}, others = {} } = now.witness ?? {};
  return { ...now, witness: { sides: { ...sides, [region]: { ...sideOf(now, region), ...change } }, others } };
}

function isSide({ provider, consumer }: Settlement, region: string): boolean {
  return region === provider || region === consumer;
}

/** What a third region has signed, again, for a side that asks for it in another round. */
export function heldMessages(now: Settlement, region: string, { kind, body: asked }: ThirdMessage): ThirdMessage[] {
  const { own, declaration, built, signature } = now;
  if (own === null || declaration === null || built === null || signature === null) return [];
  const about = { ...aboutOf(now), round: asked.round, party: region };
  const { digest } = declaration;
  if (kind === "Declare" && asked.step === "figures") {
    return [
      { kind: "Declare", body: { ...about, step: "figures", figures: own.figures } },
      { kind: "Declare", body: { ...about, step: "sign", digest, ...declaration.signature } },
    ];
  }
  return kind === "Propose" ? [{ kind: "Sign", body: { ...about, digest: built.digest, ...signature } }] : [];
}
