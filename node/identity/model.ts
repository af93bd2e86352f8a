import { z } from "zod";

/** What a person or program of this node may do. Write never implies approve. Source: interface.md. */
export const roles = ["admin", "publisher", "requester", "approver", "finance", "auditor"] as const;
export const roleSchema = z.enum(roles);
export type Role = (typeof roles)[number];

/** Who is acting, established from a token or session of this node; never from a request body. */
export type Principal = {
  readonly userId: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly region: string;
  /** When the token that was shown ends; absent for sessions and tokens without an end. */
  readonly expiresAt?: string;
};

/** The node itself, for what happens without a person. Holds no role, so it can approve nothing. */
export function nodePrincipal(region: string): Principal {
  return { userId: "node", name: "node", roles: [], region };
}

/** The other end of a channel, established by mutual TLS and the trust list. */
export type Peer = {
  readonly region: string;
  readonly spiffeId: string;
  /** Serial of the leaf in lower-case hex, for revocation of live streams. */
  readonly leafSerial: string;
  readonly issuerFingerprint: string;
  readonly capabilities: readonly string[];
};

export const regionIdSchema = z.string().regex(/^[1-9][0-9]{5}$/);

const ed25519KeySchema = z.object({
  keyId: z.string(),
  /** 32 bytes in padded base64. */
  publicKey: z.string(),
  validFrom: z.string(),
  validTo: z.string().nullable(),
});
export type TrustedKey = z.infer<typeof ed25519KeySchema>;

/** One region of the trust list. Source: trust.md §2. */
export const trustedRegionSchema = z.object({
  id: regionIdSchema,
  name: z.string().min(1),
  trustDomain: z.string(),
  /** PEM, several while the CA rotates. */
  caCertificates: z.array(z.string()).min(1),
  endpoints: z.object({ rpc: z.array(z.string()), dsp: z.array(z.string()) }),
  statementKeys: z.array(ed25519KeySchema).min(1),
  /** C2SP vkey of the region's audit log. */
  logKey: z.string(),
  witnessKeys: z.array(z.string()),
  capabilities: z.array(z.string()),
  status: z.enum(["active", "suspended"]),
  since: z.string(),
});
export type TrustedRegion = z.infer<typeof trustedRegionSchema>;

export const trustListSchema = z.object({
  format: z.literal("heliu.trust-list.v1"),
  /** Strictly rising, a decimal string. */
  version: z.string(),
  issuedAt: z.string(),
  expiresAt: z.string(),
  threshold: z.string(),
  founders: z.array(
    z.object({ id: z.string(), keys: z.array(z.object({ keyId: z.string(), publicKey: z.string() })) }),
  ),
  regions: z.array(trustedRegionSchema),
  revoked: z.array(
    z.object({ caFingerprint: z.string(), leafSerial: z.string().optional(), reason: z.string(), at: z.string() }),
  ),
});
export type TrustList = z.infer<typeof trustListSchema>;

export const signedTrustListSchema = z.object({
  list: trustListSchema,
  // Each is checked; founders are a handful, and each signs with a key or two.
  signatures: z.array(z.object({ founder: z.string(), keyId: z.string(), signature: z.string() })).max(200),
});
export type SignedTrustList = z.infer<typeof signedTrustListSchema>;

/** The list in force as other rooms see it. */
export type TrustView = {
  readonly current: () => { readonly list: TrustList; readonly digest: string } | undefined;
  readonly region: (id: string) => TrustedRegion | undefined;
  /** Raw 32 bytes of a statement key that is valid for the region at that instant; undefined otherwise. */
  readonly statementKey: (region: string, keyId: string, atMs: number) => Uint8Array | undefined;
  /** Every region but our own that is active. */
  readonly peers: () => readonly TrustedRegion[];
};
