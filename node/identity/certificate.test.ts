import { beforeAll, describe, expect, it } from "vitest";
import { createRegionCa, issueLeaf, type RegionCa } from "../../certs/ca.ts";
import { newP256Key } from "../../certs/mint.ts";
import { derOfPem } from "../../certs/pem.ts";
import { mustSucceed } from "../kernel/exchange-error.ts";
import { type CertificateFacts, isSignedBy, parseCertificate, parseCertificatePem } from "./certificate.ts";

const NOW = Date.UTC(2026, 10, 23, 8);
const trustDomain = "r510100.heliu";
let ca: RegionCa;
let leafPem: string;

beforeAll(async () => {
  const endpoints = { rpc: ["127.0.0.1:8511"], dsp: ["https://node.example:1/"] };
  ca = await createRegionCa({ regionId: "510100", name: "成都市", trustDomain, endpoints, nowMs: NOW });
  const spec = { trustDomain, nodeName: "n1", hosts: ["127.0.0.1", "node.example"], nowMs: NOW };
  leafPem = mustSucceed(await issueLeaf(ca, newP256Key().publicKeyPem, spec));
});

describe("the facts of a certificate", () => {
  it("are those it was issued with", () => {
    const leaf = parseCertificatePem(leafPem);
    expect(leaf).toMatchObject({
      ...{ isCa: false, pathLength: null, constraints: null, unknownCritical: [] },
      ...{ notBeforeMs: NOW - 5 * 60_000, notAfterMs: NOW + 24 * 3_600_000 },
      keyUsage: { digitalSignature: true, certSign: false, crlSign: false },
      names: [
        { kind: "uri", value: "spiffe://r510100.heliu/node/n1" },
        { kind: "ip", value: Buffer.of(127, 0, 0, 1) },
        { kind: "dns", value: "node.example" },
      ],
    });
    expect(leaf?.serial).toMatch(/^[0-9a-f]{32}$/);
  });

  it("show an authority that issues leaves only, for its own names, critically", () => {
    const facts = parseCertificatePem(ca.certificatePem);
    expect(facts).toMatchObject({ isCa: true, pathLength: 0, keyUsage: { certSign: true, digitalSignature: false } });
    expect(facts?.constraints).toMatchObject({
      critical: true,
      permitted: [
        { kind: "uri", value: trustDomain },
        { kind: "dns", value: trustDomain },
        { kind: "dns", value: "node.example" },
        { kind: "ip", value: Buffer.of(127, 0, 0, 1, 255, 255, 255, 255) },
      ],
    });
  });

  it("are never read out of damaged bytes in a way that throws, leaves a time undefined, or keeps the signature", () => {
    const der = derOfPem(leafPem, "CERTIFICATE") ?? new Uint8Array();
    const issuer = parseCertificatePem(ca.certificatePem) as CertificateFacts;
    for (let at = 0; at < der.length; at++) {
      expect(parseCertificate(der.subarray(0, at))).toBeUndefined();
      const flipped = Uint8Array.from(der);
      flipped[at] = (flipped[at] ?? 0) ^ 0x10;
      const facts = parseCertificate(flipped);
      if (facts === undefined) continue;
      expect(Number.isNaN(facts.notBeforeMs + facts.notAfterMs)).toBe(false);
      expect(isSignedBy(facts, issuer)).toBe(false);
    }
  });
});
