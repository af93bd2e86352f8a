import { ok } from "../kernel/exchange-error.ts";
import type { Gate } from "./gate.ts";
import type { AuditHandlers } from "./generated/heliu/v1/Audit.ts";
import { unary } from "./handlers.ts";
import type { RpcServices } from "./services.ts";

export function auditHandlers(gate: Gate, { audit }: Pick<RpcServices, "audit">): AuditHandlers {
  return {
    Checkpoint: unary(gate, "audit", async () => ok({ note: (await audit.head()).note })),
    Proof: unary(gate, "audit", async ({ index }, { peer }) => {
      const proof = await audit.proofForPeer(peer, index);
      if (!proof.ok) return proof;
      const leaf = await audit.leaf(index);
      return leaf.ok ? ok({ proof: proof.value, leaf: Buffer.from(leaf.value.bytes) }) : leaf;
    }),
    // Status and body are the answer of the C2SP witness call, refusals included; gRPC itself succeeded.
    Cosign: unary(gate, "audit", async ({ body }) => ok(await audit.addCheckpoint(body))),
  };
}
