import { createPrivateKey, webcrypto, X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { mustSucceed } from "../node/kernel/exchange-error.ts";
import { createRegionCa, fingerprintOf, issueLeaf, type RegionCa } from "./ca.ts";
import { makeCsr } from "./csr.ts";
import { newP256Key } from "./mint.ts";
import { ecdsaSha256, x509Library } from "./x509-library.ts";

const NOW = Date.UTC(2026, 10, 23, 8);
const endpoints = { rpc: ["127.0.0.1:8511", "node.chengdu.example:8511"], dsp: ["https://[::1]:8512/dsp"] };
const trustDomain = "r510100.heliu";
const spec = { trustDomain, nodeName: "chengdu-1", hosts: ["127.0.0.1", "::1"], nowMs: NOW };
let ca: RegionCa;

beforeAll(async () => {
  ca = await createRegionCa({ regionId: "510100", name: "成都市", trustDomain, endpoints, nowMs: NOW });
});

describe("a region's authority", () => {
  it("issues leaves of 24 hours with one SPIFFE name and the addresses where the node listens", async () => {
    const leaf = new X509Certificate(mustSucceed(await issueLeaf(ca, newP256Key().publicKeyPem, spec)));
    expect(leaf.subjectAltName?.split(", ")).toEqual([
      "URI:spiffe://r510100.heliu/node/chengdu-1",
      "IP Address:127.0.0.1",
      "IP Address:0:0:0:0:0:0:0:1",
    ]);
    expect(Date.parse(leaf.validTo)).toBe(NOW + 24 * 3_600_000);
    expect(leaf.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
    expect(leaf.verify(new X509Certificate(ca.certificatePem).publicKey)).toBe(true);
  });

  it("issues to the key of a request that asks for its own name", async () => {
    const key = newP256Key();
    const csr = await makeCsr(key.privateKeyPem, { uri: `spiffe://${trustDomain}/node/chengdu-1`, hosts: ["::1"] });
    const leaf = new X509Certificate(mustSucceed(await issueLeaf(ca, csr, spec)));
    expect(leaf.checkPrivateKey(createPrivateKey(key.privateKeyPem))).toBe(true);
  });

  it("refuses a request for another region's name", async () => {
    const { privateKeyPem } = newP256Key();
    const csr = await makeCsr(privateKeyPem, { uri: "spiffe://r500000.heliu/node/chengdu-1", hosts: [] });
    expect(await issueLeaf(ca, csr, spec)).toMatchObject({ error: { code: "certs.wrong_name" } });
  });

  it("refuses a request whose signature was made with another key", async () => {
    const csr = await makeCsr(newP256Key().privateKeyPem, { uri: `spiffe://${trustDomain}/node/chengdu-1`, hosts: [] });
    const der = Buffer.from(csr.split("\n").slice(1, -2).join(""), "base64");
    // Inside the SPKI's point: still a request, no longer signed by that key.
    const at = der.indexOf(Buffer.from("034200", "hex")) + 10;
    der[at] = (der[at] ?? 0) ^ 1;
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
    expect(await issueLeaf(ca, forged, spec)).toMatchObject({ error: { code: "certs.bad_request" } });
  });

  it("refuses a request for a key that is not on P-256, instead of failing on it", async () => {
    const x509 = await x509Library();
    const keys = await webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-384" }, true, ["sign", "verify"]);
    const request = await x509.Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm: ecdsaSha256 });
    expect(await issueLeaf(ca, request.toString("pem"), spec)).toMatchObject({ error: { code: "certs.bad_request" } });
  });

  it("is named by the SHA-256 of its certificate", () => {
    expect(fingerprintOf(ca.certificatePem)).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
});
