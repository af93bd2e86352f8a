import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import { initialiseNodeFolder } from "../../certs/bootstrap.ts";
import { appendLeaf, appendLeafRefs } from "../../node/audit/store.ts";
import type { SignedTrustList } from "../../node/identity/model.ts";
import { createIdentity } from "../../node/identity/service.ts";
import { verifyTrustList } from "../../node/identity/trust-list.ts";
import { systemRuntime } from "../../node/kernel/runtime.ts";
import { openLevelStore } from "../../node/storage/level.ts";
import { must } from "./client.ts";
import { readJsonFile } from "./files.ts";

export type NodeSpec = {
  readonly dir: string;
  readonly region: { readonly id: string; readonly name: string };
  readonly nodeName: string;
  readonly ports: { readonly http: number; readonly rpc: number; readonly dsp: number };
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
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const { http, rpc, dsp } = spec.ports;
  must(
    await initialiseNodeFolder({
      dir,
      regionId: spec.region.id,
      name: spec.region.name,
      nodeName: spec.nodeName,
      endpoints: { rpc: [`127.0.0.1:${rpc}`], dsp: [`https://127.0.0.1:${dsp}/dsp/2025-1`] },
      nowMs: systemRuntime.nowMs(),
    }),
  );
  const settings = {
    region: spec.region,
    node: { name: spec.nodeName },
    http: { host: "127.0.0.1", port: http },
    rpc: { host: "127.0.0.1", port: rpc },
    dsp: { host: "127.0.0.1", port: dsp },
    ...spec.settings,
  };
  writeFileSync(join(dir, "heliu.yaml"), stringify(settings));
  const token = await firstAdministrator(dir, spec.region.id);
  const tokenFile = join(dir, "token");
  writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 });
  chmodSync(tokenFile, 0o600);
  if (spec.trustList !== undefined) installTrustList(dir, spec.trustList);
  return { dir, regionFile: join(dir, "trust", "region.json"), tokenFile, token };
}

async function firstAdministrator(dir: string, region: string): Promise<string> {
  const store = await openLevelStore(join(dir, "store"));
  try {
    const identity = createIdentity({ store, runtime: systemRuntime, region, leaves: { appendLeaf, appendLeafRefs } });
    return must(await identity.users.addFirstAdministrator({ name: "admin" })).token;
  } finally {
    await store.close();
  }
}

/** Lays a first list beside the node; it is adopted at the next start, if its digest is the one compared out of band. */
export function installTrustList(dir: string, list: { readonly file: string; readonly digest: string }): void {
  const signed = readJsonFile<SignedTrustList>(list.file);
  must(verifyTrustList(signed, { digest: list.digest }, systemRuntime.nowMs()));
  mkdirSync(join(dir, "trust"), { recursive: true });
  const first = { digest: list.digest, signed };
  writeFileSync(join(dir, "trust", "first.json"), JSON.stringify(first, undefined, 2));
}
