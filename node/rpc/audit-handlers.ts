import { ok } from "../kernel/exchange-error.ts";
import type { Gate } from "./gate.ts";
import type { AuditHandlers } from "./generated/heliu/v1/Audit.ts";
import { unary } from "./handlers.ts";
import type { RpcServices } from "./services.ts";

export function auditHandlers(gate: Gate, { audit }: Pick<RpcServices, "audit">): AuditHandlers {
  return {
    Checkpoint: unary(gate, "audit", async () => ok({ note: (await audit.head()).note })),
    Proof: unary(gate, "audit", async ({ index }, { peer }) => {
      const found = await audit.proofForPeer(peer, index);
      return found.ok ? ok({ proof: found.value.proof, leaf: Buffer.from(found.value.bytes) }) : found;
    }),
    // Status and body are the answer of the C2SP witness call, refusals included; gRPC itself succeeded.
    Cosign: unary(gate, "audit", async ({ body }) => ok(await audit.addCheckpoint(body))),
  };
}
