import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import { initialiseNodeFolder } from "../../certs/bootstrap.ts";
import { appendLeaf, appendLeafRefs } from "../../node/audit/store.ts";
import { nodeConfigSchema } from "../../node/config.ts";
import type { SignedTrustList } from "../../node/identity/model.ts";
import { createIdentity } from "../../node/identity/service.ts";
import { verifyTrustList } from "../../node/identity/trust-list.ts";
import { issueText } from "../../node/kernel/issue-text.ts";
import { systemRuntime } from "../../node/kernel/runtime.ts";
import { openLevelStore } from "../../node/storage/level.ts";
import type { Store } from "../../node/storage/port.ts";
import { openPostgresStore } from "../../node/storage/postgres.ts";
import { CliFault, must } from "./client.ts";
import { readJsonFile } from "./files.ts";

const LOOPBACK = "127.0.0.1";
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])$/;

export type NodeSpec = {
  readonly dir: string;
  readonly region: { readonly id: string; readonly name: string };
  readonly nodeName: string;
  readonly ports: { readonly http: number; readonly rpc: number; readonly dsp: number };
  /** The name or address by which other regions reach this node; without it only this machine does. */
  readonly host?: string;
  /** `postgres://…`: the records are kept there; otherwise in the folder. */
  readonly storageUrl?: string;
  readonly trustList?: { readonly file: string; readonly digest: string };
  /** Further settings to write into heliu.yaml. */
  readonly settings?: object;
};

export type InitialisedNode = {
  readonly dir: string;
  readonly regionFile: string;
  readonly tokenFile: string;
  readonly token: string;
};

/** A whole new node folder: certificates, keys, settings, an empty store with its first administrator. */
export async function initialiseNode(spec: NodeSpec): Promise<InitialisedNode> {
  const dir = resolve(spec.dir);
  const settings = checkedSettings(spec);
  const list = spec.trustList === undefined ? undefined : readTrustList(spec.trustList);
  const database = spec.storageUrl === undefined ? undefined : await openDatabase(spec.storageUrl);
  try {
    return await makeNode(spec, { dir, settings, list, database });
  } finally {
    await database?.close();
  }
}

type Checked = {
  readonly dir: string;
  readonly settings: object;
  readonly list: FirstList | undefined;
  readonly database: Store | undefined;
};

async function makeNode(spec: NodeSpec, { dir, settings, list, database }: Checked): Promise<InitialisedNode> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const { rpc, dsp } = spec.ports;
  const host = spec.host ?? LOOPBACK;
  must(
    await initialiseNodeFolder({
      dir,
      regionId: spec.region.id,
      name: spec.region.name,
      nodeName: spec.nodeName,
      endpoints: { rpc: [`${host}:${rpc}`], dsp: [`https://${host}:${dsp}/dsp/2025-1`] },
      nowMs: systemRuntime.nowMs(),
    }),
  );
  // It may hold the database's password.
  writeFileSync(join(dir, "heliu.yaml"), stringify(settings), { mode: 0o600 });
  const token = await firstAdministrator(database ?? (await openLevelStore(join(dir, "store"))), spec.region.id);
  const tokenFile = join(dir, "token");
  writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 });
  chmodSync(tokenFile, 0o600);
  if (list !== undefined) layTrustList(dir, list);
  return { dir, regionFile: join(dir, "trust", "region.json"), tokenFile, token };
}

async function firstAdministrator(store: Store, region: string): Promise<string> {
  try {
    const identity = createIdentity({ store, runtime: systemRuntime, region, leaves: { appendLeaf, appendLeafRefs } });
    return must(await identity.users.addFirstAdministrator({ name: "admin" })).token;
  } finally {
    await store.close();
  }
}

async function openDatabase(url: string): Promise<Store> {
  try {
    return await openPostgresStore(url);
  } catch (fault) {
    const { message } = fault as Error;
    throw new CliFault("STORE_FAILED", {
      zh: `连不上数据库,尚未建立任何文件(${message});请核对 --storage 的地址、数据库与口令。`,
      en: `The database cannot be used, and nothing was made yet (${message}); check address, database and password of --storage.`,
    });
  }
}

/** Everything is checked before anything is made: half a node folder is worse than none. */
function checkedSettings(spec: NodeSpec) {
  const { http, rpc, dsp } = spec.ports;
  const host = spec.host ?? LOOPBACK;
  if (!HOST.test(host)) {
    throw new CliFault(
      "CLI_USAGE",
      {
        zh: `--host ${host} 不是主机名或 IP 地址;请只写主机,不带端口和协议。`,
        en: `--host ${host} is no host name or IP address; write the host alone, without port or scheme.`,
      },
      { exitCode: 2 },
    );
  }
  // Between regions only mutual TLS is spoken, so these two may listen on every address.
  const listenOn = host === LOOPBACK ? LOOPBACK : "0.0.0.0";
  const settings = {
    region: spec.region,
    node: { name: spec.nodeName },
    http: { host: LOOPBACK, port: http },
    rpc: { host: listenOn, port: rpc },
    dsp: { host: listenOn, port: dsp },
    ...(spec.storageUrl === undefined ? {} : { storage: { url: spec.storageUrl } }),
    ...spec.settings,
  };
  const checked = nodeConfigSchema.safeParse(settings);
  if (checked.success) return settings;
  const texts = checked.error.issues.map(issueText);
  throw new CliFault(
    "CLI_USAGE",
    {
      zh: `设置不正确:${texts.map(({ zh }) => zh).join(";")};请改正后重试。`,
      en: `The settings are not valid: ${texts.map(({ en }) => en).join("; ")}; correct them and try again.`,
    },
    { exitCode: 2 },
  );
}

type FirstList = { readonly digest: string; readonly signed: SignedTrustList };

/** Lays a first list beside the node; it is adopted at the next start, if its digest is the one compared out of band. */
export function installTrustList(dir: string, list: { readonly file: string; readonly digest: string }): void {
  if (!existsSync(join(dir, "heliu.yaml"))) {
    throw new CliFault("CLI_NO_NODE", {
      zh: `${dir} 不是节点目录;请先运行 heliu init --dir ${dir}。`,
      en: `${dir} is not a node's folder; run heliu init --dir ${dir} first.`,
    });
  }
  layTrustList(dir, readTrustList(list));
}

function readTrustList({ file, digest }: { readonly file: string; readonly digest: string }): FirstList {
  const signed = readJsonFile<SignedTrustList>(file);
  must(verifyTrustList(signed, { digest }, systemRuntime.nowMs()));
  return { digest, signed };
}

function layTrustList(dir: string, first: FirstList): void {
  mkdirSync(join(dir, "trust"), { recursive: true });
  writeFileSync(join(dir, "trust", "first.json"), JSON.stringify(first, undefined, 2));
}
