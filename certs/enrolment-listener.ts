import type { X509Certificate } from "node:crypto";
import { createServer, request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { type Failure, ok, type Result } from "../node/kernel/exchange-error.ts";
import { fingerprintOf } from "./ca.ts";
import { makeCsr, type RequestedNames } from "./csr.ts";
import { authorityOfToken, type Enrolments } from "./enrolment.ts";
import type { Credentials } from "./files.ts";
import { newP256Key } from "./mint.ts";
import { derOfPem } from "./pem.ts";
import { refuse } from "./refusal.ts";
import { isCertificateSignedBy } from "./signature.ts";

const PATH = "/enrol";
/** A token and a request are two kilobytes. */
const MAX_BODY_BYTES = 16_384;
const TIMEOUT_MS = 10_000;

export type EnrolmentListener = { readonly port: number; readonly close: () => Promise<void> };

/**
 * Runs only while somebody enrols a node (`heliu certs issue --listen`). Server TLS, since the asker has no certificate
 * yet; it presents its authority beside its leaf, which the asker compares with the fingerprint in the token.
 */
export function listenForEnrolment(options: {
  readonly host: string;
  readonly port: number;
  readonly credentials: Credentials;
  readonly caPem: string;
  readonly enrolments: Enrolments;
  readonly onFault: (fault: unknown) => void;
}): Promise<EnrolmentListener> {
  const { credentials, caPem, enrolments } = options;
  const cert = `${credentials.certificatePem.trimEnd()}\n${caPem}`;
  const server = createServer(
    { cert, key: credentials.keyPem, minVersion: "TLSv1.3", requestTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS },
    (request, response) => {
      const answer = (status: number, body: object) => {
        response.writeHead(status, { "content-type": "application/json", connection: "close" });
        response.end(JSON.stringify(body));
      };
      if (request.method !== "POST" || request.url !== PATH) return answer(404, {});
      let body = "";
      request.setEncoding("utf8").on("data", (chunk: string) => {
        body += chunk;
        if (body.length > MAX_BODY_BYTES) request.destroy();
      });
      request.on("end", async () => {
        const asked = parseRequest(body);
        if (asked === undefined) return answer(400, {});
        try {
          const redeemed = await enrolments.redeem(asked.token, asked.csr);
          if (redeemed.ok) answer(200, redeemed.value);
          else answer(403, { code: redeemed.error.code });
        } catch (fault) {
          // A full disk, say: the asker may try again, and whoever runs the command has to see it.
          options.onFault(fault);
          answer(500, {});
        }
      });
    },
  );
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () =>
      resolve({
        port: (server.address() as AddressInfo).port,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      }),
    );
  });
}

function parseRequest(body: string): { readonly token: string; readonly csr: string } | undefined {
  try {
    const { token, csr } = JSON.parse(body);
    return typeof token === "string" && typeof csr === "string" ? { token, csr } : undefined;
  } catch {
    return undefined;
  }
}

export type Enrolled = Credentials & { readonly caPem: string };

/** The new node's side: makes a key, sends a request for it and the token, once the listener proved that it is the token's authority. */
export async function enrol(options: {
  readonly host: string;
  readonly port: number;
  readonly token: string;
  readonly names: RequestedNames;
}): Promise<Result<Enrolled>> {
  const fingerprint = authorityOfToken(options.token);
  if (fingerprint === undefined) return wrongAuthority();
  const key = newP256Key();
  const csr = await makeCsr(key.privateKeyPem, options.names);
  const answer = await post(options, fingerprint, JSON.stringify({ token: options.token, csr }));
  if (!answer.ok) return answer;
  const { leafPem, caPem, code } = answer.value;
  if (leafPem === undefined || caPem === undefined) return refusedByAuthority(code ?? "?");
  const [leaf, ca] = [derOfPem(leafPem, "CERTIFICATE"), derOfPem(caPem, "CERTIFICATE")];
  const isOfAuthority = fingerprintOf(caPem) === fingerprint;
  if (leaf === undefined || ca === undefined || !isOfAuthority || !isCertificateSignedBy(leaf, ca))
    return wrongAuthority();
  return ok({ certificatePem: leafPem, keyPem: key.privateKeyPem, caPem });
}

type Answer = { readonly leafPem?: string; readonly caPem?: string; readonly code?: string };

function post(
  { host, port }: { readonly host: string; readonly port: number },
  fingerprint: string,
  body: string,
): Promise<Result<Answer>> {
  return new Promise((resolve) => {
    const options = {
      host,
      port,
      path: PATH,
      method: "POST",
      rejectUnauthorized: false,
      timeout: TIMEOUT_MS,
      agent: false,
    };
    const request = httpsRequest(options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve(readAnswer(text)));
    });
    request.on("error", (fault) => resolve(unreachable(fault.message)));
    request.on("timeout", () => request.destroy(new Error("timeout")));
    // The token must not leave before the listener is known to be the authority it names.
    request.on("socket", (socket) =>
      socket.once("secureConnect", () => {
        if (isAuthority(socket as TLSSocket, fingerprint)) {
          request.end(body);
          return;
        }
        resolve(wrongAuthority());
        request.destroy();
      }),
    );
  });
}

function readAnswer(text: string): Result<Answer> {
  try {
    return ok(JSON.parse(text));
  } catch {
    return unreachable("the answer is not JSON");
  }
}

function isAuthority(socket: TLSSocket, fingerprint: string): boolean {
  const leaf: X509Certificate | undefined = socket.getPeerX509Certificate();
  const issuer = leaf?.issuerCertificate;
  if (leaf === undefined || issuer === undefined) return false;
  return fingerprintOf(issuer.toString()) === fingerprint && isCertificateSignedBy(leaf.raw, issuer.raw);
}

function wrongAuthority(): Failure {
  return refuse("enrolment.wrong_authority", {
    zh: "对方不是登记令牌所指的地区 CA,令牌未发送;请核对地址和令牌。",
    en: "The listener is not the authority that the enrolment token names; the token was not sent. Check address and token.",
  });
}

function refusedByAuthority(code: string): Failure {
  const known =
    code === "enrolment.used_token" || code === "enrolment.expired_token" ? code : "enrolment.unknown_token";
  return refuse(
    code === "certs.wrong_name" ? "certs.wrong_name" : known,
    {
      zh: `地区 CA 拒绝了登记(${code});请在保存 CA 的机器上查看原因,必要时重新生成令牌。`,
      en: `The authority refused the enrolment (${code}); look there for the reason, and make a new token where needed.`,
    },
    { code },
  );
}

function unreachable(reason: string): Failure {
  return refuse(
    "enrolment.unreachable",
    {
      zh: `无法连接登记监听端口(${reason});请确认对方正在运行 heliu certs issue --listen。`,
      en: `The enrolment listener cannot be reached (${reason}); check that heliu certs issue --listen is running there.`,
    },
    { reason },
  );
}
