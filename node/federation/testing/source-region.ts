import { createChangeFeed } from "../../catalog/change-feed.ts";
import type { CatalogEntry } from "../../catalog/model.ts";
import { appendChange, appendChangeRefs, changeHead } from "../../catalog/store.ts";
import type { Peer } from "../../identity/model.ts";
import { type Signer, signerFromSeed } from "../../kernel/ed25519.ts";
import { mustSucceed, ok } from "../../kernel/exchange-error.ts";
import { type Runtime, systemRuntime } from "../../kernel/runtime.ts";
import type { Scheduler } from "../../kernel/scheduler.ts";
import { openMemoryStore } from "../../storage/memory.ts";
import { transact } from "../../storage/transact.ts";
import { type FeedDeps, serveChanges } from "../feed.ts";

/** A region whose catalogue is written change by change, with the real chain, signatures and feed over it. */
export function sourceRegion(region: string, options: { readonly seed?: number; readonly runtime?: Runtime } = {}) {
  const { seed = 1, runtime = systemRuntime } = options;
  const store = openMemoryStore();
  const signer: Signer = signerFromSeed(Buffer.alloc(32, seed));
  const catalog = {
    ...createChangeFeed({ store, runtime, region, signer }),
    watch: (onChange: () => void) => store.watch(changeHead.key, onChange),
  };
  const change = async (entryId: string, entry: CatalogEntry | null, isHidden = false) => {
    const salt = Buffer.from(runtime.randomBytes(16)).toString("hex");
    const next = { atMs: runtime.nowMs(), entryId, version: entry?.version ?? 1, entry, isHidden, salt };
    return mustSucceed(await transact(store, appendChangeRefs, (tx) => ok(appendChange(tx, next))));
  };
  return {
    ...{ region, signer, catalog },
    publish: (id: string, name = id) => change(id, entryOf(region, id, name)),
    hide: (id: string) => change(id, entryOf(region, id, id), true),
    withdraw: (id: string) => change(id, null),
    serve: (fromSequence: string, signal: AbortSignal, scheduler: Scheduler, heartbeatMs = 2_000) => {
      const deps: FeedDeps = { catalog, scheduler, region, heartbeatMs };
      return serveChanges(deps, peerOf("500000"), fromSequence, signal);
    },
    statementKey: (id: string, keyId: string) =>
      id === region && keyId === signer.keyId ? signer.publicKey : undefined,
  };
}

export function peerOf(region: string): Peer {
  const spiffeId = `spiffe://r${region}.heliu/node/main`;
  return { region, spiffeId, leafSerial: "1", issuerFingerprint: "sha256:1", capabilities: ["catalog"] };
}

function entryOf(region: string, id: string, name: string): CatalogEntry {
  return {
    ...{ id, name, resourceCode: id, kind: "dataset", abstract: name },
    provider: { name: "市场监督管理局", orgCode: "1", divisionCode: region },
    regionCode: region,
    theme: "SCJG",
    sharing: { attribute: "unconditional" },
    opening: { attribute: "none" },
    updateFrequency: "daily",
    dataLevel: "G1",
    formats: ["csv"],
    personalInfo: false,
    issued: "2026-01-01",
    modified: "2026-01-01",
    version: 1,
    status: "published",
    fields: [{ name: "code", label: "代码", type: "string", length: 32, sensitivity: "S0" }],
  };
}
