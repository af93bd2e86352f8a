import { parseIndex } from "../audit/leaves.ts";
import { ok, refusals } from "../kernel/exchange-error.ts";
import type { Gate } from "./gate.ts";
import type { AuditHandlers } from "./generated/heliu/v1/Audit.ts";
import { serverStream, unary } from "./handlers.ts";
import type { RpcServices } from "./services.ts";

export function auditHandlers(gate: Gate, { audit, holdings }: Pick<RpcServices, "audit" | "holdings">): AuditHandlers {
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
    Gossip: unary(gate, "audit", async ({ own, seen, isHalted }, { peer }) =>
      ok(tidingsOf(await audit.gossip(peer, { own, seen, isHalted }))),
    ),
    Consistency: unary(gate, "audit", async ({ origin, first, second }) => {
      const sizes = [first, second].map(parseIndex);
      const [from, to] = sizes;
      if (from === undefined || to === undefined) return badSize();
      const hashes = await audit.consistency(origin, from, to);
      return hashes.ok ? ok({ hashes: hashes.value.map((hash) => Buffer.from(hash)) }) : hashes;
    }),
    Succeed: unary(gate, "audit", async ({ proof, leaf }, { peer }) => {
      const accepted = await audit.acceptSuccession(peer, proof, leaf);
      return accepted.ok ? ok({}) : accepted;
    }),
    Holdings: serverStream(gate, "audit", async function* (_request, { peer }) {
      for await (const { kind, record } of holdings.of(peer)) yield { kind, json: Buffer.from(JSON.stringify(record)) };
    }),
  };
}

const refuse = refusals({ AUDIT_BAD_SIZE: "invalid-input" });

const tidingsOf = ({ own, seen, isHalted }: { own: string; seen: readonly string[]; isHalted: boolean }) => ({
  own,
  seen: [...seen],
  isHalted,
});

function badSize() {
  return refuse("AUDIT_BAD_SIZE", {
    zh: "日志大小应为十进制非负整数;请核对双方版本。",
    en: "Sizes of a log are decimal whole numbers; compare the versions of both sides.",
  });
}
