import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { chmod, copyFile, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import type { NodeConfig } from "../../node/config.ts";
import { UNLAID } from "../../node/node-folder.ts";
import { DumpFault, dumpStore, loadDump } from "../../node/storage/dump.ts";
import { openLevelStore } from "../../node/storage/level.ts";
import type { Store } from "../../node/storage/port.ts";
import { openPostgresStore } from "../../node/storage/postgres.ts";
import { CliFault, type Connection, call } from "./client.ts";
import { readJsonFile } from "./files.ts";

export type Manifest = {
  readonly format: "heliu.backup.v1";
  readonly region: string;
  readonly node: string;
  readonly at: string;
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly sha256: string }[];
};

const MANIFEST = "manifest.json";
const STORE = "store.gz";
/** Of the node's folder. `index/` is derived; `token` is a secret of whoever ran `heliu init`, not of the node. */
const KEPT = ["heliu.yaml", "keys", "certs", "trust", "content"];

type OnProgress = (what: string) => void;

/**
 * A backup is a folder: the records of one moment, then settings, keys, certificates and received files. Files that are
 * still being received are copied after the records, so they hold at least what the records say.
 */
export async function takeBackup(
  config: NodeConfig,
  out: string,
  connection: Connection | undefined,
  onProgress: OnProgress,
): Promise<Manifest> {
  if (existsSync(out)) throw exists(out);
  await mkdir(out, { recursive: true, mode: 0o700 });
  try {
    return await fillBackup(config, out, connection, onProgress);
  } catch (fault) {
    // What is left would only stand in the way of the next try, and part of it is secret.
    await rm(out, { recursive: true, force: true });
    throw fault;
  }
}

async function fillBackup(
  config: NodeConfig,
  out: string,
  connection: Connection | undefined,
  onProgress: OnProgress,
): Promise<Manifest> {
  onProgress(STORE);
  const records = connection === undefined ? offlineRecords(config) : await servedRecords(connection);
  await pipeline(
    Readable.from(records),
    createGzip({ level: 1 }),
    createWriteStream(join(out, STORE), { mode: 0o600 }),
  );
  const names = [...KEPT, config.catalog.authorisations].filter((name) => existsSync(join(config.dir, name)));
  for (const path of names.flatMap((name) => filesUnder(config.dir, name))) {
    onProgress(path);
    await copyInto(join(config.dir, path), join(out, path));
  }
  const files = [];
  for (const path of filesUnder(out, ".")) {
    onProgress(path);
    const { size } = await stat(join(out, path));
    files.push({ path, bytes: size, sha256: await sha256Of(join(out, path)) });
  }
  const { region, node } = config;
  const at = new Date().toISOString();
  const manifest: Manifest = { format: "heliu.backup.v1", region: region.id, node: node.name, at, files };
  // Last, and by renaming: a backup without it was broken off.
  await writeDurably(join(out, MANIFEST), `${JSON.stringify(manifest, undefined, 1)}\n`);
  return manifest;
}

async function servedRecords(connection: Connection): Promise<AsyncIterable<Uint8Array>> {
  const { body } = await call(connection, "/backup/store");
  if (body === null)
    throw new CliFault("BACKUP_EMPTY", {
      zh: "节点没有返回数据;请重试。",
      en: "The node answered nothing; try again.",
    });
  return body as unknown as AsyncIterable<Uint8Array>;
}

async function* offlineRecords(config: NodeConfig): AsyncGenerator<Uint8Array> {
  const store = await openStore(config);
  try {
    yield* dumpStore(store);
  } finally {
    await store.close();
  }
}

function openStore({ storage, dir }: NodeConfig): Promise<Store> {
  return /^postgres(ql)?:\/\//.test(storage.url) ? openPostgresStore(storage.url) : openLevelStore(join(dir, "store"));
}

/** Every file of a backup is what it was when it was taken, and none is missing. */
export async function checkBackup(from: string, onProgress: OnProgress): Promise<Manifest> {
  const manifest = readJsonFile<Partial<Manifest>>(join(from, MANIFEST));
  if (manifest.format !== "heliu.backup.v1" || !Array.isArray(manifest.files)) throw damaged(from, MANIFEST);
  for (const { path, sha256 } of manifest.files) {
    onProgress(path);
    const isInside = !relative(from, join(from, path)).startsWith("..");
    if (!isInside || !existsSync(join(from, path)) || (await sha256Of(join(from, path))) !== sha256) {
      throw damaged(from, path);
    }
  }
  return manifest as Manifest;
}

/**
 * Lays a checked backup into a folder that holds no node. Until all of it is there, a mark keeps the folder from starting; broken
 * off, the same backup may be laid again over what is there.
 */
export async function layBackup(
  manifest: Manifest,
  from: string,
  dir: string,
  configOf: () => NodeConfig,
  onProgress: OnProgress,
): Promise<number> {
  const mark = join(dir, UNLAID);
  const digest = await sha256Of(join(from, MANIFEST));
  const [begun, stage] = existsSync(mark) ? readFileSync(mark, "utf8").split(" ") : [];
  const isGoingOn = begun === digest;
  if (!isGoingOn && (existsSync(join(dir, "store")) || existsSync(join(dir, "heliu.yaml")))) throw occupied(dir);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  if (!isGoingOn) await writeDurably(mark, `${digest} files`);
  for (const { path } of manifest.files.filter((file) => file.path !== STORE)) {
    onProgress(path);
    await copyInto(join(from, path), join(dir, path));
  }
  const store = await openStore(configOf());
  try {
    // A database may hold another node's records; they are ours to write over only once it was seen empty.
    if (!isGoingOn || stage !== "records") {
      for await (const _record of store.range({ from: "", to: "\u{10ffff}", limit: 1 })) throw occupied(dir);
      await writeDurably(mark, `${digest} records`);
    }
    const records = createReadStream(join(from, STORE)).pipe(createGunzip());
    const count = await loadDump(store, records, (done) => onProgress(`${STORE} ${done}`));
    await rm(mark);
    return count;
  } catch (fault) {
    throw fault instanceof DumpFault ? damaged(from, STORE) : fault;
  } finally {
    await store.close();
  }
}

function filesUnder(root: string, name: string): string[] {
  if (statSync(join(root, name)).isFile()) return [name];
  const entries = readdirSync(join(root, name), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

async function copyInto(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await copyFile(from, to);
  await chmod(to, 0o600);
  const handle = await open(to, "r");
  await handle.sync().finally(() => handle.close());
}

async function writeDurably(path: string, text: string): Promise<void> {
  const handle = await open(`${path}.new`, "w", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${path}.new`, path);
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}

function exists(out: string): CliFault {
  return new CliFault(
    "BACKUP_EXISTS",
    {
      zh: `${out} 已存在;每份备份请用新的目录。`,
      en: `${out} exists already; give each backup a folder of its own.`,
    },
    { exitCode: 2 },
  );
}

function damaged(from: string, path: string): CliFault {
  return new CliFault("BACKUP_DAMAGED", {
    zh: `备份 ${from} 不完整或被改动(${path});请改用另一份备份。`,
    en: `The backup ${from} is incomplete or was altered (${path}); use another one.`,
  });
}

function occupied(dir: string): CliFault {
  return new CliFault(
    "RESTORE_OCCUPIED",
    {
      zh: `${dir} 里已有节点数据;若备份已放回、只是其后中断,请运行不带 --from 的 heliu restore;否则请先把该目录移开(不要删除,直到恢复成功),或另选 --dir。`,
      en: `${dir} holds a node already. If the backup was laid there and only what follows was broken off, run heliu restore without --from; otherwise move the folder away first (keep it until the restore has worked), or choose another --dir.`,
    },
    { exitCode: 2 },
  );
}
