import { logNoteSigner, type NoteSigner, witnessNoteSigner } from "../../../node/audit/note.ts";
import type { Peer, Principal, Role, TrustedRegion, TrustList, TrustView } from "../../../node/identity/model.ts";
import { sha256 } from "../../../node/kernel/digest.ts";
import { type Signer, signerFromSeed } from "../../../node/kernel/ed25519.ts";

export type SimKeys = { readonly statement: Signer; readonly log: NoteSigner; readonly witness: NoteSigner };

const known = new Map<string, SimKeys>();

/** Keys of a region, from its name: the same on every run. Making one costs more than using it. */
export function keysOf(region: string): SimKeys {
  const keys = known.get(region) ?? makeKeys(region);
  known.set(region, keys);
  return keys;
}

function makeKeys(region: string): SimKeys {
  const signer = (use: string) => signerFromSeed(sha256(`${region} ${use}`));
  return {
    statement: signer("statement"),
    log: logNoteSigner(`main/${region}/log`, signer("log")),
    witness: witnessNoteSigner(`main/${region}/witness`, signer("witness")),
  };
}

export type SimTrust = {
  readonly viewOf: (own: string) => TrustView;
  readonly witnessesFor: (
    own: string,
  ) => { readonly region: string; readonly logVkey: string; readonly witnessVkeys: readonly string[] }[];
};

/** One list in force all the time; trust itself has its own trials. */
export function createSimTrust(regions: readonly string[]): SimTrust {
  const list: TrustList = {
    format: "heliu.trust-list.v1",
    version: "1",
    issuedAt: "2026-09-01T00:00:00.000Z",
    expiresAt: "2027-12-01T00:00:00.000Z",
    threshold: "1",
    founders: [],
    regions: regions.map(trustedRegion),
    revoked: [],
  };
  const byId = new Map(list.regions.map((region) => [region.id, region]));
  return {
    viewOf: (own) => ({
      current: () => ({ list, digest: `sha256:${"0".repeat(64)}` }),
      region: (id) => byId.get(id),
      statementKey: (region, keyId) => {
        const key = byId.get(region)?.statementKeys.find((one) => one.keyId === keyId);
        return key === undefined ? undefined : Buffer.from(key.publicKey, "base64");
      },
      peers: () => list.regions.filter(({ id }) => id !== own),
    }),
    witnessesFor: (own) =>
      regions
        .filter((region) => region !== own)
        .map((region) => {
          const { log, witness } = keysOf(region);
          return { region, logVkey: log.vkey, witnessVkeys: [witness.vkey] };
        }),
  };
}

function trustedRegion(id: string): TrustedRegion {
  const { statement, log, witness } = keysOf(id);
  const publicKey = Buffer.from(statement.publicKey).toString("base64");
  return {
    ...{ id, name: id, trustDomain: `r${id}.heliu`, caCertificates: ["none"], endpoints: { rpc: [], dsp: [] } },
    statementKeys: [{ keyId: statement.keyId, publicKey, validFrom: "2026-01-01T00:00:00.000Z", validTo: null }],
    ...{ logKey: log.vkey, witnessKeys: [witness.vkey] },
    capabilities: ["catalog", "negotiation", "transfer", "settlement", "audit"],
    ...{ status: "active", since: "2026-01-01T00:00:00.000Z" },
  };
}

/** How a peer appears to those it calls. */
export function asPeer(region: string): Peer {
  const capabilities = ["catalog", "negotiation", "transfer", "settlement", "audit"];
  return {
    region,
    spiffeId: `spiffe://r${region}.heliu/node/main`,
    leafSerial: "01",
    issuerFingerprint: "",
    capabilities,
  };
}

export function person(region: string, role: Role): Principal {
  return { userId: `${region}-${role}`, name: role, roles: [role], region };
}
