import { canonicalize, digestOf, parseCanonical } from "../../node/kernel/canonical-json.ts";
import { sha256Hex } from "../../node/kernel/digest.ts";
import { ok } from "../../node/kernel/exchange-error.ts";
import { chain } from "../../node/metering/chain.ts";
import type { Receipt } from "../../node/metering/model.ts";
import { checkReceipt, coreDigestOf, type KeyLookup, receiptIdOf, signedBytesOf } from "../../node/metering/receipt.ts";
import { hashTree } from "../../node/settlement/hash-tree.ts";
import { reconcile } from "../../node/settlement/reconcile.ts";
import { attempt } from "../../node/settlement/refusal.ts";
import { buildStatement } from "../../node/settlement/statement.ts";
import type { TreeEntry, TreeNode } from "../../node/settlement/tree-fold.ts";
import type { Operation, VectorFile } from "./vector-file.ts";

/** canonical-json.json, receipt.json, hash-tree.json, statement-digest.json. */
export const documents: { readonly [op: string]: Operation } = {
  canonicalize: ({ json }) => {
    const value = JSON.parse(json);
    const canonical = canonicalize(value);
    if (!canonical.ok) return canonical;
    const utf8Hex = Buffer.from(canonical.value, "utf8").toString("hex");
    return ok({ canonical: canonical.value, utf8Hex, digest: digestOf(value) });
  },

  received: ({ bytesHex }) => {
    const parsed = parseCanonical(Buffer.from(bytesHex, "hex"));
    return parsed.ok ? ok({ ok: true }) : parsed;
  },

  check: ({ receipt }, file) => {
    const checked = checkReceipt(receipt, keysOf(file));
    if (!checked.ok) return checked;
    const { core, coreDigest } = checked.value;
    return ok({ receiptId: core.receiptId, signedBytesHex: signedBytesOf(core).toString("hex"), coreDigest });
  },

  chain: ({ receipts }, file) => {
    const heads = chain(receipts, keysOf(file));
    return heads.ok ? ok(Object.fromEntries(heads.value)) : heads;
  },

  root: ({ entries }) => ok({ root: hashTree(entries).root() }),

  tree: ({ label, count, prefixes }) =>
    attempt(() => {
      const tree = hashTree(labelled(label, Number(count)));
      return { root: tree.root(), nodes: prefixes.map((prefix: string) => shown(tree.node(prefix))) };
    }),

  reconcile: ({ label, count, bDrops, bAlters, bAdds }) =>
    attempt(() => {
      const a = labelled(label, Number(count));
      const dropped = new Set<string>(bDrops);
      const altered = new Set<string>(bAlters);
      const b = a
        .map((entry, i) =>
          altered.has(String(i + 1)) ? { ...entry, digest: sha256Hex(`${label}|${i + 1}|altered`) } : entry,
        )
        .filter((_, i) => !dropped.has(String(i + 1)))
        .concat(bAdds.map((s: string) => labelledEntry(label, s)));
      const treeA = hashTree(a);
      const treeB = hashTree(b);
      const found = reconcile(
        (prefixes) => prefixes.map(treeA.node),
        (prefixes) => prefixes.map(treeB.node),
      );
      return {
        ...found,
        rootA: treeA.root(),
        rootB: treeB.root(),
        rounds: String(found.rounds),
        nodesAsked: String(found.nodesAsked),
      };
    }),

  statement: ({ terms, period, carry, posted, disputedReceiptIds, receipts }) => {
    const counted = receipts.map(({ core }: Receipt) => ({ core, coreDigest: coreDigestOf(core) }));
    const built = buildStatement({ terms, period, carry, posted, disputedReceiptIds, receipts: counted });
    if (!built.ok) return built;
    const { statement, digest, usage, metered } = built.value;
    const canonical = canonicalize(statement);
    if (!canonical.ok) return canonical;
    const canonicalBytes = String(Buffer.byteLength(canonical.value, "utf8"));
    return ok({ usage, metered, receiptsRoot: statement.receiptsRoot, statement, canonicalBytes, digest });
  },
};

function keysOf(file: VectorFile): KeyLookup {
  const known = (file.knownKeys ?? []) as readonly { keyId: string; publicHex: string }[];
  const keys = new Map(known.map(({ keyId, publicHex }) => [keyId, Buffer.from(publicHex, "hex")]));
  return (_region, keyId) => keys.get(keyId);
}

function labelled(label: string, count: number): TreeEntry[] {
  return Array.from({ length: count }, (_, i) => labelledEntry(label, String(i + 1)));
}

function labelledEntry(label: string, seq: string): TreeEntry {
  return { id: receiptIdOf(label, "forward", seq), digest: sha256Hex(`${label}|${seq}`) };
}

function shown(node: TreeNode): object {
  return { ...node, count: String(node.count) };
}
