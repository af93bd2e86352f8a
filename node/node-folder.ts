import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readCredentials, readNodeFile } from "../certs/files.ts";
import { noteNameOf } from "../certs/note-key.ts";
import type { NodeConfig } from "./config.ts";
import { type NodeKeys, nodeKeysFrom } from "./identity/keys.ts";
import { type SignedTrustList, signedTrustListSchema, type TrustedRegion } from "./identity/model.ts";
import { ok, type Result, refusals } from "./kernel/exchange-error.ts";

/** What a node presents on new connections; replaced whole at each renewal, running connections keep theirs. */
export type LeafHolder = {
  readonly get: () => { readonly certificatePem: string; readonly keyPem: string };
  readonly reload: () => Promise<Result<true>>;
};

export type NodeFolder = {
  readonly keys: NodeKeys;
  readonly leaf: LeafHolder;
  /** The region's own revocation list, as it stands in the folder. */
  readonly crlPem: () => Promise<Result<string>>;
  /** A first trust list that an operator laid here after comparing its digest; undefined when there is none. */
  readonly firstTrustList: () => { readonly digest: string; readonly signed: SignedTrustList } | undefined;
};

/** The mark of a folder into which a backup was laid in part. */
export const UNLAID = "restore-unfinished";

const refuse = refusals({ RESTORE_UNLAID: "integrity" });

/** Reads keys and leaf of a node's folder; names the file that is missing. */
export async function openNodeFolder({ dir, node, region }: NodeConfig): Promise<Result<NodeFolder>> {
  if (existsSync(join(dir, UNLAID))) return unlaid(dir);
  const [statement, log, witness] = await Promise.all([
    readNodeFile(dir, "statementKey"),
    readNodeFile(dir, "logKey"),
    readNodeFile(dir, "witnessKey"),
  ]);
  if (!statement.ok) return statement;
  if (!log.ok) return log;
  if (!witness.ok) return witness;
  const names = await noteNames(dir, node.name, region.id);
  const first = await readCredentials(dir);
  if (!first.ok) return first;
  let credentials = first.value;
  return ok({
    keys: nodeKeysFrom({
      statementPem: statement.value,
      logPem: log.value,
      witnessPem: witness.value,
      ...names,
    }),
    leaf: {
      get: () => credentials,
      reload: async () => {
        const fresh = await readCredentials(dir);
        if (!fresh.ok) return fresh;
        credentials = fresh.value;
        return ok(true);
      },
    },
    crlPem: () => readNodeFile(dir, "crl"),
    firstTrustList: () => readFirstList(join(dir, "trust", "first.json")),
  });
}

/**
 * The names under which the region's log and witness keys are known. Peers have them from the region's entry, so they stay
 * when a second node with the same keys has another name of its own.
 */
async function noteNames(dir: string, nodeName: string, regionId: string) {
  const entry = await readNodeFile(dir, "regionEntry");
  const { logKey, witnessKeys } = entry.ok ? (JSON.parse(entry.value) as Partial<TrustedRegion>) : {};
  return {
    logName: logKey?.split("+")[0] ?? noteNameOf(nodeName, regionId, "log"),
    witnessName: witnessKeys?.[0]?.split("+")[0] ?? noteNameOf(nodeName, regionId, "witness"),
  };
}

function readFirstList(file: string): { digest: string; signed: SignedTrustList } | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  const { digest, signed } = JSON.parse(text) as { digest: string; signed: unknown };
  return { digest, signed: signedTrustListSchema.parse(signed) };
}

function unlaid(dir: string) {
  return refuse(
    "RESTORE_UNLAID",
    {
      zh: `${dir} 中的备份尚未放回完整(上次 heliu restore --from 中断);请用同一备份再次运行 heliu restore --from,完成后再启动。`,
      en: `The backup in ${dir} was laid in part only (the last heliu restore --from was broken off); run heliu restore --from with the same backup again, then start.`,
    },
    { dir },
  );
}
