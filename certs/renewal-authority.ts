import { ok, type Result } from "../node/kernel/exchange-error.ts";
import { issueLeaf, type RegionCa } from "./ca.ts";
import { parseSpiffeId } from "./names.ts";
import { derOfPem, pemOfDer } from "./pem.ts";
import { refuse } from "./refusal.ts";

/** The node that asks, as its channel proved it. */
export type RenewingNode = { readonly region: string; readonly spiffeId: string; readonly leafSerial: string };

export type RenewalAuthorityDeps = {
  readonly ca: RegionCa;
  readonly region: string;
  readonly trustDomain: string;
  /** Where nodes of this region may listen. */
  readonly hosts: readonly string[];
  readonly nowMs: () => number;
  /** A revoked leaf must not buy its successor. */
  readonly isRevoked: (serial: string) => boolean;
};

/** Answers `Trust.Renew`: a new leaf in DER for a node of this region, under the name it already has and no other. */
export function createRenewalAuthority(deps: RenewalAuthorityDeps) {
  return async (node: RenewingNode, csrDer: Uint8Array): Promise<Result<readonly Uint8Array[]>> => {
    const name = parseSpiffeId(node.spiffeId);
    const isOurs = node.region === deps.region && name?.trustDomain === deps.trustDomain;
    if (!isOurs || deps.isRevoked(node.leafSerial)) {
      return refuse(
        "certs.renewal_refused",
        {
          zh: `节点 ${node.spiffeId} 不能续期:证书已吊销,或不属于本地区。请用新的一次性登记令牌重新登记。`,
          en: `${node.spiffeId} cannot renew: its leaf is revoked, or it is not of this region. Enrol it again with a new one-time token.`,
        },
        { spiffeId: node.spiffeId, leafSerial: node.leafSerial },
      );
    }
    const leaf = await issueLeaf(deps.ca, pemOfDer(csrDer, "CERTIFICATE REQUEST"), {
      trustDomain: deps.trustDomain,
      nodeName: name.nodeName,
      hosts: deps.hosts,
      nowMs: deps.nowMs(),
    });
    if (!leaf.ok) return leaf;
    return ok([derOfPem(leaf.value, "CERTIFICATE") ?? new Uint8Array()]);
  };
}
