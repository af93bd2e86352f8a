import { generateKeyPairSync } from "node:crypto";
import { signerFromPem } from "../node/kernel/ed25519.ts";
import { ok, type Result } from "../node/kernel/exchange-error.ts";
import { instantOf } from "../node/kernel/instant.ts";
import { BACKDATE_MS, createRegionCa, fingerprintOf, issueLeaf, type RegionCa } from "./ca.ts";
import { makeCrl } from "./crl.ts";
import { nodeFiles, readNodeFile, writeCredentials, writeNodeFile } from "./files.ts";
import { newP256Key } from "./mint.ts";
import { defaultTrustDomain, type Endpoints, hostsOf } from "./names.ts";
import { noteNameOf, vkeyOf } from "./note-key.ts";
import { refuse } from "./refusal.ts";

/** A region's line in a trust list, as the founders are asked to sign it; identity's `TrustedRegion` has this shape. */
export type RegionEntry = {
  readonly id: string;
  readonly name: string;
  readonly trustDomain: string;
  readonly caCertificates: string[];
  readonly endpoints: { readonly rpc: string[]; readonly dsp: string[] };
  readonly statementKeys: { keyId: string; publicKey: string; validFrom: string; validTo: string | null }[];
  readonly logKey: string;
  readonly witnessKeys: string[];
  readonly capabilities: string[];
  readonly status: "active" | "suspended";
  readonly since: string;
};

export type NodeFolderSpec = {
  readonly dir: string;
  readonly regionId: string;
  readonly name: string;
  /** Lower case, `[a-z0-9._-]`: it becomes part of the SPIFFE name and of the audit log's origin. */
  readonly nodeName: string;
  readonly endpoints: Endpoints;
  readonly nowMs: number;
  readonly trustDomain?: string;
};

/** What a region may take part in: the services between regions. */
const CAPABILITIES = ["catalog", "negotiation", "transfer", "settlement", "audit"];

/** A new node: authority, keys, first leaf, empty revocation list, and the entry to be put into a trust list. */
export async function initialiseNodeFolder(
  spec: NodeFolderSpec,
): Promise<Result<{ readonly entry: RegionEntry; readonly caFingerprint: string }>> {
  const existing = await readNodeFile(spec.dir, "caCertificate");
  if (existing.ok) {
    return refuse(
      "certs.already_initialised",
      {
        zh: `${spec.dir} 已经是节点目录(存在 ${nodeFiles.caCertificate});请换一个空目录,以免覆盖密钥。`,
        en: `${spec.dir} is a node folder already (${nodeFiles.caCertificate} exists); choose an empty folder, so that no key is overwritten.`,
      },
      { dir: spec.dir },
    );
  }
  const trustDomain = spec.trustDomain ?? defaultTrustDomain(spec.regionId);
  const ca = await createRegionCa({ ...spec, trustDomain });
  const leafKey = newP256Key();
  const leaf = await issueLeaf(ca, leafKey.publicKeyPem, {
    trustDomain,
    nodeName: spec.nodeName,
    hosts: hostsOf(spec.endpoints),
    nowMs: spec.nowMs,
  });
  if (!leaf.ok) return leaf;
  const keys = { statement: newEd25519Pem(), log: newEd25519Pem(), witness: newEd25519Pem() };
  const entry = regionEntry(spec, trustDomain, ca, keys);
  await writeNodeFile(spec.dir, "statementKey", keys.statement);
  await writeNodeFile(spec.dir, "logKey", keys.log);
  await writeNodeFile(spec.dir, "witnessKey", keys.witness);
  await writeCredentials(spec.dir, { certificatePem: leaf.value, keyPem: leafKey.privateKeyPem });
  await writeNodeFile(spec.dir, "crl", await makeCrl(ca, { revoked: [], number: 1n, nowMs: spec.nowMs }));
  await writeNodeFile(spec.dir, "regionEntry", `${JSON.stringify(entry, null, 2)}\n`);
  await writeNodeFile(spec.dir, "caKey", ca.keyPem);
  // Last: its presence says that the folder is whole.
  await writeNodeFile(spec.dir, "caCertificate", ca.certificatePem);
  return ok({ entry, caFingerprint: fingerprintOf(ca.certificatePem) });
}

export function newEd25519Pem(): string {
  return generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }).toString();
}

function regionEntry(
  spec: NodeFolderSpec,
  trustDomain: string,
  ca: RegionCa,
  keys: { readonly statement: string; readonly log: string; readonly witness: string },
): RegionEntry {
  const statement = signerFromPem(keys.statement);
  const { nodeName, regionId } = spec;
  return {
    id: regionId,
    name: spec.name,
    trustDomain,
    caCertificates: [ca.certificatePem],
    endpoints: { rpc: [...spec.endpoints.rpc], dsp: [...spec.endpoints.dsp] },
    statementKeys: [
      {
        keyId: statement.keyId,
        publicKey: Buffer.from(statement.publicKey).toString("base64"),
        // As a leaf: a region whose clock is a little behind must not call our first signatures early.
        validFrom: instantOf(spec.nowMs - BACKDATE_MS),
        validTo: null,
      },
    ],
    logKey: vkeyOf(noteNameOf(nodeName, regionId, "log"), "log", signerFromPem(keys.log).publicKey),
    witnessKeys: [vkeyOf(noteNameOf(nodeName, regionId, "witness"), "witness", signerFromPem(keys.witness).publicKey)],
    capabilities: [...CAPABILITIES],
    status: "active",
    since: instantOf(spec.nowMs),
  };
}
