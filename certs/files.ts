import { createPrivateKey, X509Certificate } from "node:crypto";
import { chmod, mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ok, type Result } from "../node/kernel/exchange-error.ts";
import type { RegionCa } from "./ca.ts";
import { refuse } from "./refusal.ts";

/** The node folder's secrets and certificates, by what they are. */
export const nodeFiles = {
  caKey: "certs/ca.key",
  caCertificate: "certs/ca.crt",
  leafKey: "certs/leaf.key",
  leafCertificate: "certs/leaf.crt",
  nextLeafKey: "certs/leaf.key.next",
  nextLeafCertificate: "certs/leaf.crt.next",
  crl: "certs/crl.pem",
  revoked: "certs/revoked.json",
  enrolments: "certs/enrolments.json",
  statementKey: "keys/statement.pem",
  logKey: "keys/log.pem",
  witnessKey: "keys/witness.pem",
  regionEntry: "trust/region.json",
} as const;

export type NodeFile = keyof typeof nodeFiles;

/** What a TLS end presents. */
export type Credentials = { readonly certificatePem: string; readonly keyPem: string };

export async function readNodeFile(dir: string, file: NodeFile): Promise<Result<string>> {
  const path = join(dir, nodeFiles[file]);
  try {
    return ok(await readFile(path, "utf8"));
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code !== "ENOENT") throw fault;
    return refuse(
      "certs.not_initialised",
      {
        zh: `缺少文件 ${path}:该目录还不是完整的节点目录。请先运行 heliu init,或从备份恢复该文件。`,
        en: `${path} is missing: the folder is not a complete node folder. Run heliu init first, or restore the file from a backup.`,
      },
      { path },
    );
  }
}

/**
 * Whole or not at all, also at a power cut, and readable by the node's user alone from its first byte: a file that is
 * created with ordinary rights and narrowed later can be read in between.
 */
export async function writeNodeFile(dir: string, file: NodeFile, content: string): Promise<void> {
  const path = join(dir, nodeFiles[file]);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.new`;
  const handle = await open(temporary, "w", 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await chmod(temporary, 0o600);
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

export async function readCa(dir: string): Promise<Result<RegionCa>> {
  const certificatePem = await readNodeFile(dir, "caCertificate");
  if (!certificatePem.ok) return certificatePem;
  const keyPem = await readNodeFile(dir, "caKey");
  if (keyPem.ok) return ok({ certificatePem: certificatePem.value, keyPem: keyPem.value });
  return refuse("certs.no_authority", {
    zh: "本目录没有地区 CA 的私钥,无法签发或吊销证书;请在保存 CA 私钥的机器上操作。",
    en: "This folder does not hold the key of the region's authority, so nothing can be issued or revoked here; work where the key is kept.",
  });
}

/**
 * The leaf the node presents; its authority is left out, since peers know it from the trust list. A replacement that was
 * cut short between its two renames is completed here.
 */
export async function readCredentials(dir: string): Promise<Result<Credentials>> {
  const keyPem = await readNodeFile(dir, "leafKey");
  if (!keyPem.ok) return keyPem;
  const certificatePem = await readNodeFile(dir, "leafCertificate");
  if (!certificatePem.ok) return certificatePem;
  if (isPair(certificatePem.value, keyPem.value))
    return ok({ certificatePem: certificatePem.value, keyPem: keyPem.value });
  const next = await readNodeFile(dir, "nextLeafCertificate");
  if (!next.ok || !isPair(next.value, keyPem.value)) return unmatched(dir);
  await renameNodeFile(dir, "nextLeafCertificate", "leafCertificate");
  return ok({ certificatePem: next.value, keyPem: keyPem.value });
}

/** Both files or neither, whenever the process ends: see `readCredentials`. */
export async function writeCredentials(dir: string, { certificatePem, keyPem }: Credentials): Promise<void> {
  await writeNodeFile(dir, "nextLeafCertificate", certificatePem);
  await writeNodeFile(dir, "nextLeafKey", keyPem);
  await renameNodeFile(dir, "nextLeafKey", "leafKey");
  await renameNodeFile(dir, "nextLeafCertificate", "leafCertificate");
}

function isPair(certificatePem: string, keyPem: string): boolean {
  return new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(keyPem));
}

async function renameNodeFile(dir: string, from: NodeFile, to: NodeFile): Promise<void> {
  await rename(join(dir, nodeFiles[from]), join(dir, nodeFiles[to]));
  await syncFolder(dirname(join(dir, nodeFiles[to])));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  await folder.sync().finally(() => folder.close());
}

function unmatched(dir: string) {
  const [certificate, key] = [join(dir, nodeFiles.leafCertificate), join(dir, nodeFiles.leafKey)];
  return refuse(
    "certs.unmatched_pair",
    {
      zh: `证书 ${certificate} 与私钥 ${key} 不是一对;请运行 heliu certs renew 换发。`,
      en: `${certificate} and ${key} do not belong together; run heliu certs renew to issue a new pair.`,
    },
    { certificate, key },
  );
}
