import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { mustSucceed } from "../node/kernel/exchange-error.ts";
import { silentLogger } from "../node/kernel/logger.ts";
import { initialiseNodeFolder } from "./bootstrap.ts";
import { issueLeaf } from "./ca.ts";
import { watchNodeFile } from "./file-watch.ts";
import { nodeFiles, readCa, readCredentials } from "./files.ts";
import { bundleFor, joinRegion, openEnrolment, renewLeaf, revokeSerial, showCertificates } from "./operations.ts";
import { derOfPem, pemOfDer } from "./pem.ts";
import { createLeafRenewal } from "./renewal.ts";
import { createRenewalAuthority } from "./renewal-authority.ts";

const NOW = Date.UTC(2026, 10, 23, 8);
const HOUR = 3_600_000;
const endpoints = { rpc: ["127.0.0.1:8511"], dsp: ["https://127.0.0.1:8512/dsp"] };
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "heliu-certs-"));
  const spec = { dir, regionId: "510100", name: "成都市", nodeName: "chengdu", endpoints, nowMs: NOW };
  mustSucceed(await initialiseNodeFolder(spec));
});
afterEach(() => rm(dir, { recursive: true }));

describe("the certificates of a node folder", () => {
  it("are shown with the moment of renewal, between issue and end", async () => {
    const { leaf, ca, revoked } = mustSucceed(await showCertificates(dir, NOW));
    expect(leaf).toMatchObject({ spiffeId: "spiffe://r510100.heliu/node/chengdu", expired: false });
    expect(Date.parse(leaf.renewsAt)).toBeLessThan(NOW + 12 * HOUR);
    expect(ca.hasKey).toBe(true);
    expect(revoked).toEqual([]);
  });

  it("are not made a second time over existing ones", async () => {
    const spec = { dir, regionId: "510100", name: "成都市", nodeName: "chengdu", endpoints, nowMs: NOW };
    expect(await initialiseNodeFolder(spec)).toMatchObject({ error: { code: "certs.already_initialised" } });
  });

  it("can be renewed after they expired, with a new key", async () => {
    const before = mustSucceed(await readCredentials(dir));
    mustSucceed(await renewLeaf(dir, NOW + 100 * HOUR));
    const after = mustSucceed(await readCredentials(dir));
    expect(after.keyPem).not.toBe(before.keyPem);
    expect(mustSucceed(await showCertificates(dir, NOW + 100 * HOUR)).leaf.expired).toBe(false);
  });

  it("survive a replacement that was cut short between key and certificate", async () => {
    const before = mustSucceed(await readCredentials(dir));
    mustSucceed(await renewLeaf(dir, NOW));
    const after = mustSucceed(await readCredentials(dir));
    // As a power cut leaves it: the key is in place, the certificate is not.
    await writeFile(join(dir, nodeFiles.nextLeafCertificate), after.certificatePem);
    await writeFile(join(dir, nodeFiles.leafCertificate), before.certificatePem);
    expect(await readCredentials(dir)).toEqual({ ok: true, value: after });
    await writeFile(join(dir, nodeFiles.leafKey), before.keyPem);
    expect(await readCredentials(dir)).toMatchObject({ error: { code: "certs.unmatched_pair" } });
    mustSucceed(await renewLeaf(dir, NOW));
    expect((await readCredentials(dir)).ok).toBe(true);
  });

  it("are revoked under rising numbers, in whatever form the serial is written", async () => {
    const first = mustSucceed(await revokeSerial(dir, { serial: "4A:01", reason: "keyCompromise" }, NOW));
    const second = mustSucceed(await revokeSerial(dir, { serial: "4a02", reason: "unspecified" }, NOW));
    expect([first.number, second.number]).toEqual(["2", "3"]);
    const { revoked } = mustSucceed(await showCertificates(dir, NOW));
    expect(revoked.map(({ serial }) => serial)).toEqual(["4a01", "4a02"]);
    // OpenSSL reads it too: an empty list of extensions in an entry would make it refuse the whole list.
    expect(() => createSecureContext({ crl: second.crlPem })).not.toThrow();
    expect(await revokeSerial(dir, { serial: "chengdu", reason: "superseded" }, NOW)).toMatchObject({
      error: { code: "certs.bad_serial" },
    });
  });

  it("are told apart, when revoked, from serials that this folder has never seen", async () => {
    const { leaf } = mustSucceed(await showCertificates(dir, NOW));
    const revoke = async (serial: string) => {
      const { seen } = mustSucceed(await revokeSerial(dir, { serial, reason: "unspecified" }, NOW));
      return seen;
    };
    expect(await revoke("deadbeef")).toBe("never-issued");
    // As another node of the region may have it: its leaf is kept there alone.
    expect(await revoke(`4${"0".repeat(31)}`)).toBe("not-here");
    expect(await revoke(leaf.serial.toUpperCase())).toBe("here");
    expect(await revoke("dead:beef")).toBe("never-issued");
  });

  it("are given to a second node by a one-time token over the network", async () => {
    const second = await mkdtemp(join(tmpdir(), "heliu-certs-"));
    const node = { nodeName: "second", hosts: ["127.0.0.1"] };
    const listen = { host: "127.0.0.1", port: 0, onFault: (fault: unknown) => expect.unreachable(String(fault)) };
    const { token, port, close } = mustSucceed(await openEnrolment(dir, node, listen, () => NOW));
    const authority = { host: "127.0.0.1", port };
    const joined = await joinRegion(second, { ...node, authority, token, trustDomain: "r510100.heliu" });
    expect(joined).toMatchObject({ value: { spiffeId: "spiffe://r510100.heliu/node/second" } });
    expect((await readCredentials(second)).ok).toBe(true);
    await close();
    await rm(second, { recursive: true });
  });

  it("go into a browser as PKCS#12, which OpenSSL opens with the password and not without", async () => {
    const spec = { operator: "王工", password: "long enough" };
    const pfx = Buffer.from(mustSucceed(await bundleFor(dir, spec, NOW)));
    expect(() => createSecureContext({ pfx, passphrase: spec.password })).not.toThrow();
    expect(() => createSecureContext({ pfx, passphrase: "something else" })).toThrow(/mac verify/);
  });
});

describe("the renewal of a leaf", () => {
  async function renewing(requestLeaf?: Parameters<typeof createLeafRenewal>[0]["requestLeaf"]) {
    const ca = mustSucceed(await readCa(dir));
    let nowMs = NOW;
    let due: { readonly ms: number; readonly run: () => void } | undefined;
    const saved: string[] = [];
    const hosts = ["127.0.0.1"];
    const renewal = createLeafRenewal({
      runtime: { nowMs: () => nowMs, randomBytes: () => new Uint8Array(), failPoint: () => {} },
      scheduler: {
        after: (ms, run) => {
          due = { ms, run };
          return () => {};
        },
      },
      logger: silentLogger,
      credentials: mustSucceed(await readCredentials(dir)),
      names: { uri: "spiffe://r510100.heliu/node/chengdu", hosts },
      requestLeaf:
        requestLeaf ??
        ((csr) => issueLeaf(ca, csr, { trustDomain: "r510100.heliu", nodeName: "chengdu", hosts, nowMs })),
      save: async ({ certificatePem }) => void saved.push(certificatePem),
    });
    renewal.start();
    const elapse = async () => {
      nowMs += due?.ms ?? 0;
      due?.run();
      await renewal.stop();
    };
    return { renewal, saved, elapse, waitMs: () => due?.ms ?? 0 };
  }

  it("comes at half-life, with a new key, saved before it is used", async () => {
    const { renewal, saved, elapse, waitMs } = await renewing();
    const before = renewal.current();
    expect(waitMs() / HOUR).toBeCloseTo(12, 0);
    await elapse();
    expect(renewal.current()).not.toBe(before);
    expect(saved).toEqual([renewal.current().certificatePem]);
  });

  it("keeps the old leaf when the authority refuses", async () => {
    const error = { kind: "unavailable", code: "certs.no_authority", text: { zh: "", en: "" } } as const;
    const { renewal, saved, elapse } = await renewing(async () => ({ ok: false, error }));
    const before = renewal.current();
    await elapse();
    expect(renewal.current()).toBe(before);
    expect(saved).toEqual([]);
  });

  it("is refused to a revoked leaf, to another region's node, and for another name", async () => {
    const ca = mustSucceed(await readCa(dir));
    const { renewal } = await renewing();
    const csrOf = async (uri: string) => {
      const { makeCsr } = await import("./csr.ts");
      return (
        derOfPem(await makeCsr(renewal.current().keyPem, { uri, hosts: [] }), "CERTIFICATE REQUEST") ?? new Uint8Array()
      );
    };
    const renew = createRenewalAuthority({
      ...{ ca, region: "510100", trustDomain: "r510100.heliu", hosts: [], nowMs: () => NOW },
      isRevoked: (serial) => serial === "bad",
    });
    const uri = "spiffe://r510100.heliu/node/chengdu";
    const node = { region: "510100", spiffeId: uri, leafSerial: "good" };
    const [der] = mustSucceed(await renew(node, await csrOf(uri)));
    expect(new X509Certificate(pemOfDer(der ?? new Uint8Array(), "CERTIFICATE")).subjectAltName).toBe(`URI:${uri}`);
    const refused = { error: { code: "certs.renewal_refused" } };
    expect(await renew({ ...node, leafSerial: "bad" }, await csrOf(uri))).toMatchObject(refused);
    expect(await renew({ ...node, region: "500000" }, await csrOf(uri))).toMatchObject(refused);
    const other = await renew(node, await csrOf("spiffe://r510100.heliu/node/admin"));
    expect(other).toMatchObject({ error: { code: "certs.wrong_name" } });
  });
});

describe("a watched file", () => {
  it("is taken up when another process replaced it, and not before", async () => {
    let look = () => {};
    let seen = 0;
    const ticked = () =>
      new Promise<void>((resolve) => {
        tick = resolve;
        look();
      });
    let tick = () => {};
    const watch = watchNodeFile({
      ...{ dir, file: "crl", logger: silentLogger },
      scheduler: {
        after: (_ms, run) => {
          look = run;
          tick();
          return () => {};
        },
      },
      onChange: async () => {
        seen += 1;
      },
    });
    await new Promise<void>((resolve) => {
      tick = resolve;
      watch.start();
    });
    await ticked();
    expect(seen).toBe(0);
    mustSucceed(await revokeSerial(dir, { serial: "4a01", reason: "superseded" }, NOW));
    await ticked();
    expect(seen).toBe(1);
    await watch.stop();
  });
});
