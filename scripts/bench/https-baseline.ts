import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { open, readFile, rm } from "node:fs/promises";
import { createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { nodeFiles, readCredentials } from "../../certs/files.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";

/**
 * What the data plane is compared with: the same file over Node's own https with mutual TLS, hashed at both ends and
 * durable at the receiver. Two processes, with the certificates of the two regions.
 *
 * `server <own folder> <peer's folder> <file>` prints its port; `client <own folder> <peer's folder> <port> <target>` fetches
 * once per line of stdin and prints what it measured.
 */
export type BaselineRun = { readonly ms: number; readonly sha256: string };

const CHUNK_BYTES = 1024 * 1024;
const [role, own = "", peer = "", ...rest] = process.argv.slice(2);

if (role === "server") await serve(rest[0] ?? "");
if (role === "client") await fetchPerLine(rest[0] ?? "", rest[1] ?? "");

async function credentials() {
  const { certificatePem, keyPem } = mustSucceed(await readCredentials(own));
  return { cert: certificatePem, key: keyPem, ca: await readFile(join(peer, nodeFiles.caCertificate)) };
}

async function serve(source: string): Promise<void> {
  const tls = { ...(await credentials()), requestCert: true, rejectUnauthorized: true, minVersion: "TLSv1.3" as const };
  const server = createServer(tls, (_request, response) => {
    const hash = createHash("sha256");
    const file = createReadStream(source, { highWaterMark: CHUNK_BYTES });
    file.on("data", (chunk) => hash.update(chunk));
    file.on("end", () => hash.digest("hex"));
    file.pipe(response);
  });
  server.listen(0, "127.0.0.1", () => {
    process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
  });
}

async function fetchPerLine(port: string, target: string): Promise<void> {
  const tls = await credentials();
  for await (const _line of process.stdin) {
    process.stdout.write(`${JSON.stringify(await fetchOnce(tls, port, target))}\n`);
  }
}

async function fetchOnce(
  tls: Awaited<ReturnType<typeof credentials>>,
  port: string,
  target: string,
): Promise<BaselineRun> {
  const began = performance.now();
  const hash = createHash("sha256");
  // The leaf names a node, not a host; who it is was settled by its CA.
  const options = { ...tls, host: "127.0.0.1", port, checkServerIdentity: () => undefined };
  await new Promise<void>((resolve, reject) => {
    const asked = request(options, (response) => {
      const out = createWriteStream(target, { highWaterMark: 16 * CHUNK_BYTES });
      response.on("data", (chunk: Buffer) => hash.update(chunk));
      response.pipe(out);
      out.on("close", resolve);
      response.on("error", reject);
    });
    asked.on("error", reject);
    asked.end();
  });
  const file = await open(target, "r+");
  await file.datasync();
  await file.close();
  const ms = performance.now() - began;
  await rm(target);
  return { ms, sha256: hash.digest("hex") };
}
