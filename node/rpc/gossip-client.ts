import type { GossipChannel } from "../audit/gossip.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import type { PeerLink } from "./peer-link.ts";
import { protocol } from "./protocol.ts";

/** How nodes compare what they have seen of each other's logs. */
export function createGossipClient(link: (region: string) => Result<PeerLink>, messageId: () => string): GossipChannel {
  const { Audit } = protocol();
  return {
    async gossip(region, { own, seen, isHalted }) {
      const found = link(region);
      if (!found.ok) return found;
      const request = { messageId: messageId(), own, seen: [...seen], isHalted };
      const answer = await found.value.unary(Audit.Gossip, request);
      return answer.ok ? ok(answer.value) : answer;
    },
    async consistency(region, origin, first, second) {
      const found = link(region);
      if (!found.ok) return found;
      const request = { messageId: messageId(), origin, first: String(first), second: String(second) };
      const answer = await found.value.unary(Audit.Consistency, request);
      return answer.ok ? ok(answer.value.hashes) : answer;
    },
    async succeed(region, proof, leaf) {
      const found = link(region);
      if (!found.ok) return found;
      const answer = await found.value.unary(Audit.Succeed, { messageId: messageId(), proof, leaf: Buffer.from(leaf) });
      return answer.ok ? ok(true) : answer;
    },
  };
}
