import { parseCanonical } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { ExchangeFault } from "../kernel/exchange-fault.ts";
import type { Receipt } from "../metering/model.ts";
import type { TreeRequest, WireTreeNode } from "../settlement/tree-walk.ts";
import type { TreeNode__Output as TreeNodeOut } from "./generated/heliu/v1/TreeNode.ts";
import type { PeerLink } from "./peer-link.ts";
import { protocol } from "./protocol.ts";

export type SettlementChannel = {
  readonly treeNodes: (region: string, request: TreeRequest) => Promise<Result<readonly WireTreeNode[]>>;
  /** As the peer sent them: nothing but their form is checked here. Throws `ExchangeFault`. */
  readonly receipts: (region: string, agreementId: string, receiptIds: readonly string[]) => AsyncIterable<Receipt>;
};

export function createSettlementChannel(
  link: (region: string) => Result<PeerLink>,
  messageId: () => string,
): SettlementChannel {
  const { Settlement } = protocol();
  return {
    async treeNodes(region, { agreementId, periodId, prefixes }) {
      const found = link(region);
      if (!found.ok) return found;
      const request = { messageId: messageId(), agreementId, periodId, prefixes: [...prefixes] };
      const answer = await found.value.unary(Settlement.TreeNode, request);
      if (!answer.ok) return answer;
      return ok(answer.value.nodes.map(toTreeNode));
    },
    async *receipts(region, agreementId, receiptIds) {
      const found = link(region);
      if (!found.ok) throw new ExchangeFault(found.error);
      const request = { messageId: messageId(), agreementId, receiptIds: [...receiptIds] };
      for await (const { document } of found.value.serverStream(Settlement.Receipts, request)) {
        const parsed = parseCanonical(document);
        if (!parsed.ok) throw new ExchangeFault(parsed.error);
        yield parsed.value as unknown as Receipt;
      }
    },
  };
}

/** Protobuf cannot tell an empty list from an absent one; a node with sixteen children has no entries. */
function toTreeNode({ prefix, count, hash, entries, children }: TreeNodeOut): WireTreeNode {
  const node = { prefix, count, hash };
  return children.length > 0 ? { ...node, children } : { ...node, entries };
}
