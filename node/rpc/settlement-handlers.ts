import { canonicalBytes } from "../kernel/canonical-json.ts";
import { type Failure, ok, type Result, refusals } from "../kernel/exchange-error.ts";
import { ExchangeFault } from "../kernel/exchange-fault.ts";
import type { WireTreeNode } from "../settlement/tree-walk.ts";
import { receive } from "./deliver.ts";
import type { CallContext, Gate } from "./gate.ts";
import type { Ack } from "./generated/heliu/v1/Ack.ts";
import type { Message__Output as MessageOut } from "./generated/heliu/v1/Message.ts";
import type { SettlementHandlers } from "./generated/heliu/v1/Settlement.ts";
import type { TreeNode as TreeNodeIn } from "./generated/heliu/v1/TreeNode.ts";
import { serverStream, unary } from "./handlers.ts";
import type { RpcServices } from "./services.ts";

/** Kinds of settlement messages that regions send each other; each has its method. */
type SettlementKind = "Declare" | "Propose" | "Sign" | "Budget";

const refuse = refusals({ MESSAGE_KIND: "invalid-input", TOO_MANY_PREFIXES: "too-large" });
/** One round of the search over a million receipts with a hundred differences asks for fewer. */
const MAX_PREFIXES = 4_096;

export function settlementHandlers(
  gate: Gate,
  { outbox, settlements }: Pick<RpcServices, "outbox" | "settlements">,
): SettlementHandlers {
  const deliver = (kind: SettlementKind) =>
    unary<MessageOut, Ack>(gate, "settlement", async (message, context: CallContext): Promise<Result<Ack>> => {
      if (message.kind !== kind) return wrongKind(message.kind, kind);
      return receive(outbox, "settlement", message, context);
    });
  return {
    Declare: deliver("Declare"),
    Propose: deliver("Propose"),
    Sign: deliver("Sign"),
    Budget: deliver("Budget"),
    // Its kinds are the payments room's own; a later one needs no new method.
    Net: unary(gate, "settlement", (message, context) => receive(outbox, "netting", message, context)),
    TreeNode: unary(gate, "settlement", async ({ agreementId, periodId, prefixes }, { peer }) => {
      if (prefixes.length > MAX_PREFIXES) return tooMany(prefixes.length);
      const nodes = await settlements.treeNodes(peer, { agreementId, periodId, prefixes });
      if (!nodes.ok) return nodes;
      return ok({
        nodes: nodes.value.map(fromTreeNode),
      });
    }),
    Receipts: serverStream(gate, "settlement", async function* ({ agreementId, receiptIds }, { peer }) {
      if (receiptIds.length > MAX_PREFIXES) throw new ExchangeFault(tooMany(receiptIds.length).error);
      for await (const receipt of settlements.receipts(peer, agreementId, receiptIds)) {
        yield { document: canonicalBytes(receipt) };
      }
    }),
  };
}

function fromTreeNode({ entries = [], children = [], ...node }: WireTreeNode): TreeNodeIn {
  return { ...node, entries: [...entries], children: [...children] };
}

function wrongKind(kind: string, method: SettlementKind): Failure {
  return refuse(
    "MESSAGE_KIND",
    {
      zh: `方法 ${method} 不接收类型为 ${kind.slice(0, 40)} 的消息;消息未被受理。`,
      en: `The method ${method} takes no message of kind ${kind.slice(0, 40)}; it was not taken in.`,
    },
    { method },
  );
}

function tooMany(count: number): Failure {
  return refuse(
    "TOO_MANY_PREFIXES",
    {
      zh: `一轮最多询问 ${MAX_PREFIXES} 项,收到 ${count} 项;请分轮询问。`,
      en: `One round asks for at most ${MAX_PREFIXES} items, ${count} came; ask in several rounds.`,
    },
    { limit: String(MAX_PREFIXES), count: String(count) },
  );
}
