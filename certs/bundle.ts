import { createPrivateKey, randomBytes } from "node:crypto";
import { ok, type Result } from "../node/kernel/exchange-error.ts";
import { issueOperatorCertificate, type RegionCa } from "./ca.ts";
import { newP256Key } from "./mint.ts";
import { derOfPem } from "./pem.ts";
import { refuse } from "./refusal.ts";

type Forge = typeof import("node-forge");
type Asn1 = import("node-forge").asn1.Asn1;

const DAY_MS = 86_400_000;
const MIN_PASSWORD = 8;
/** Key and certificate in the file belong together by this attribute. */
const LOCAL_KEY_ID = Buffer.from("01", "hex");
/** Ten times what OpenSSL writes by default; the key of the MAC is derived in JavaScript, at 10 ms a thousand. */
const ITERATIONS = 20_000;
const SALT_BYTES = 16;

const oid = {
  data: "1.2.840.113549.1.7.1",
  keyBag: "1.2.840.113549.1.12.10.1.2",
  certificateBag: "1.2.840.113549.1.12.10.1.3",
  x509Certificate: "1.2.840.113549.1.9.22.1",
  friendlyName: "1.2.840.113549.1.9.20",
  localKeyId: "1.2.840.113549.1.9.21",
  sha256: "2.16.840.1.101.3.4.2.1",
} as const;

/**
 * A PKCS#12 file with a client certificate for an operator's browser, and the authority that issued it. node-forge's own
 * `toPkcs12Asn1` knows RSA keys only; its ASN.1 writer and its password encryption do not care what they encrypt, so
 * the bags of RFC 7292 are put together here around our P-256 key.
 */
export async function createOperatorBundle(
  ca: RegionCa,
  spec: {
    readonly trustDomain: string;
    readonly operator: string;
    readonly password: string;
    readonly nowMs: number;
    readonly days?: number;
  },
): Promise<Result<Uint8Array>> {
  // Programs disagree on how a password beyond ASCII becomes bytes, and the file would open in some of them only.
  if (spec.password.length < MIN_PASSWORD || !/^[\x20-\x7e]+$/.test(spec.password)) {
    return refuse("certs.bad_password", {
      zh: `证书包的口令须为至少 ${MIN_PASSWORD} 个英文字母、数字或符号;导入浏览器时需要输入。`,
      en: `The bundle needs a password of at least ${MIN_PASSWORD} ASCII characters; the browser asks for it on import.`,
    });
  }
  const key = newP256Key();
  const lifetimeMs = (spec.days ?? 90) * DAY_MS;
  const certificatePem = await issueOperatorCertificate(ca, key.publicKeyPem, { ...spec, lifetimeMs });
  // 0.3 s and 20 MB that only this verb needs.
  const forge = (await import("node-forge")).default;
  const certificates = [certificatePem, ca.certificatePem].map(
    (pem) => derOfPem(pem, "CERTIFICATE") ?? new Uint8Array(),
  );
  const keyDer = createPrivateKey(key.privateKeyPem).export({ format: "der", type: "pkcs8" });
  return ok(writePkcs12(forge, { certificates, keyDer, name: spec.operator, password: spec.password }));
}

type Content = {
  /** The operator's first. */
  readonly certificates: readonly Uint8Array[];
  readonly keyDer: Uint8Array;
  readonly name: string;
  readonly password: string;
};

function writePkcs12(forge: Forge, { certificates, keyDer, name, password }: Content): Uint8Array {
  const { sequence, set, object, octets, context } = asn1Writer(forge);
  const binary = (bytes: Uint8Array) => Buffer.from(bytes).toString("binary");
  const attributes = set(
    sequence(object(oid.friendlyName), set(bmpString(forge, name))),
    sequence(object(oid.localKeyId), set(octets(binary(LOCAL_KEY_ID)))),
  );
  const encrypted = forge.pki.encryptPrivateKeyInfo(forge.asn1.fromDer(binary(keyDer)), password, {
    algorithm: "aes256",
    count: ITERATIONS,
    saltSize: SALT_BYTES,
    prfAlgorithm: "sha256",
  });
  const certificateBags = certificates.map((der, i) =>
    sequence(
      object(oid.certificateBag),
      context(sequence(object(oid.x509Certificate), context(octets(binary(der))))),
      ...(i === 0 ? [attributes] : []),
    ),
  );
  const keyBag = sequence(object(oid.keyBag), context(encrypted), attributes);
  const toDer = (node: Asn1) => forge.asn1.toDer(node).getBytes();
  const contentInfo = (node: Asn1) => sequence(object(oid.data), context(octets(toDer(node))));
  const safe = toDer(sequence(contentInfo(sequence(...certificateBags)), contentInfo(sequence(keyBag))));
  const pfx = sequence(
    integer(forge, 3),
    sequence(object(oid.data), context(octets(safe))),
    macOf(forge, safe, password),
  );
  return Buffer.from(toDer(pfx), "binary");
}

/** RFC 7292 Appendix B: the key of the MAC comes from the password, its purpose byte is 3. */
function macOf(forge: Forge, safe: string, password: string): Asn1 {
  const { sequence, object, octets } = asn1Writer(forge);
  const salt = randomBytes(SALT_BYTES).toString("binary");
  const digest = forge.md.sha256.create();
  const generateKey = forge.pkcs12.generateKey as unknown as (
    ...parameters: [string, object, number, number, number, object]
  ) => { getBytes(): string };
  const key = generateKey(password, forge.util.createBuffer(salt), 3, ITERATIONS, 32, digest);
  const mac = forge.hmac.create();
  mac.start("sha256", key.getBytes());
  mac.update(safe);
  const { NULL } = forge.asn1.Type;
  const nothing = forge.asn1.create(forge.asn1.Class.UNIVERSAL, NULL, false, "");
  const algorithm = sequence(object(oid.sha256), nothing);
  return sequence(sequence(algorithm, octets(mac.getMac().getBytes())), octets(salt), integer(forge, ITERATIONS));
}

function asn1Writer({ asn1 }: Forge) {
  const { UNIVERSAL, CONTEXT_SPECIFIC } = asn1.Class;
  return {
    sequence: (...parts: Asn1[]) => asn1.create(UNIVERSAL, asn1.Type.SEQUENCE, true, parts),
    set: (...parts: Asn1[]) => asn1.create(UNIVERSAL, asn1.Type.SET, true, parts),
    object: (id: string) => asn1.create(UNIVERSAL, asn1.Type.OID, false, asn1.oidToDer(id).getBytes()),
    octets: (bytes: string) => asn1.create(UNIVERSAL, asn1.Type.OCTETSTRING, false, bytes),
    /** [0] EXPLICIT */
    context: (inner: Asn1) => asn1.create(CONTEXT_SPECIFIC, 0, true, [inner]),
  };
}

function integer({ asn1 }: Forge, value: number): Asn1 {
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.INTEGER, false, asn1.integerToDer(value).getBytes());
}

/** How the name is shown in the browser's list. The library itself writes each unit of the text as two bytes. */
function bmpString({ asn1 }: Forge, text: string): Asn1 {
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.BMPSTRING, false, text);
}
