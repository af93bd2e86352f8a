import { createPublicKey } from "node:crypto";
import { ok, type Result } from "../node/kernel/exchange-error.ts";
import { addressBytes } from "./names.ts";
import { pemOfDer } from "./pem.ts";
import { refuse } from "./refusal.ts";
import { ecdsaSha256, signingKeyOf, verifyingKeyOf, x509Library } from "./x509-library.ts";

export type RequestedNames = { readonly uri: string; readonly hosts: readonly string[] };

/** A PKCS#10 request signed by the new key itself, which proves that the asker holds it. */
export async function makeCsr(privateKeyPem: string, names: RequestedNames): Promise<string> {
  const x509 = await x509Library();
  const san = new x509.SubjectAlternativeNameExtension([
    { type: x509.URL, value: names.uri },
    ...names.hosts.map((value) => ({ type: addressBytes(value) ? x509.IP : x509.DNS, value }) as const),
  ]);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: new x509.Name([{ CN: [names.uri.slice(names.uri.lastIndexOf("/") + 1)] }]),
    extensions: [san],
    signingAlgorithm: ecdsaSha256,
    keys: { privateKey: await signingKeyOf(privateKeyPem), publicKey: await verifyingKeyOf(privateKeyPem) },
  });
  return `${request.toString("pem")}\n`;
}

/** The key of a request whose own signature holds and which asks for no name but the allowed ones. */
export async function checkCsr(
  csrPem: string,
  allowed: RequestedNames,
): Promise<Result<{ readonly publicKeyPem: string }>> {
  const x509 = await x509Library();
  try {
    const request = new x509.Pkcs10CertificateRequest(csrPem);
    if (!(await request.verify())) return badRequest("its signature does not fit its key");
    const raw = request.getExtension("2.5.29.17");
    const asked = raw === null ? [] : new x509.SubjectAlternativeNameExtension(raw.rawData).names.items;
    const strange = asked.filter(({ type, value }) => {
      if (type === x509.URL) return value !== allowed.uri;
      return !(type === x509.DNS || type === x509.IP) || !allowed.hosts.some((host) => isSameHost(host, value));
    });
    if (strange.length > 0) {
      const names = strange.map(({ value }) => value);
      return refuse(
        "certs.wrong_name",
        {
          zh: `证书请求含有不属于本节点的名称(${names.join("、")});本机构只为 ${allowed.uri} 签发。请用正确的名称重新生成请求。`,
          en: `The request asks for names that are not this node's (${names.join(", ")}); this authority issues only ${allowed.uri} here. Make a new request with the right name.`,
        },
        { names, allowed: allowed.uri },
      );
    }
    const publicKeyPem = pemOfDer(new Uint8Array(request.publicKey.rawData), "PUBLIC KEY");
    if (createPublicKey(publicKeyPem).asymmetricKeyDetails?.namedCurve !== "prime256v1") {
      return badRequest("its key is not on P-256");
    }
    return ok({ publicKeyPem });
  } catch {
    return badRequest("it is not a PKCS#10 request");
  }
}

/** An IPv6 address can be written in many ways. */
function isSameHost(a: string, b: string): boolean {
  const [left, right] = [addressBytes(a), addressBytes(b)];
  return left === undefined || right === undefined ? a === b : Buffer.compare(left, right) === 0;
}

function badRequest(why: string) {
  return refuse("certs.bad_request", {
    zh: `证书请求无法使用(${why});请重新生成密钥和请求后再试。`,
    en: `The certificate request cannot be used: ${why}. Make a new key and request.`,
  });
}
