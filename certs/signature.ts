import { verify, X509Certificate } from "node:crypto";

/** Whether the signature of one certificate holds under the key of another; both in DER. Never throws. */
export function isCertificateSignedBy(subjectDer: Uint8Array, issuerDer: Uint8Array): boolean {
  try {
    return new X509Certificate(subjectDer).verify(new X509Certificate(issuerDer).publicKey);
  } catch {
    return false;
  }
}

/** ECDSA over SHA-256, the only form our authorities sign with. Never throws. */
export function isSignedByCertificate(issuerDer: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verify("sha256", message, new X509Certificate(issuerDer).publicKey, signature);
  } catch {
    return false;
  }
}
