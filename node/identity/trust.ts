import { derOfPem } from "../../certs/pem.ts";
import { canonicalize } from "../kernel/canonical-json.ts";
import { type Failure, ok, type Result } from "../kernel/exchange-error.ts";
import { msOf } from "../kernel/instant.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { Scheduler } from "../kernel/scheduler.ts";
import { outsideTrace } from "../kernel/trace.ts";
import type { Store, Unsubscribe } from "../storage/port.ts";
import { list as listRecords, read, transact } from "../storage/transact.ts";
import { type CrlFacts, readCrl } from "./crl.ts";
import type { LeafWriter } from "./leaf-writer.ts";
import { type Peer, type SignedTrustList, signedTrustListSchema, type TrustedRegion, type TrustView } from "./model.ts";
import { authoritiesOf } from "./peer-check.ts";
import { refuse } from "./refusal.ts";
import { type TrustAnchor, trustListDigest, verifyTrustList } from "./trust-list.ts";
import { headRef, type StoredCrl, trustCrls, trustHead, trustLists } from "./trust-store.ts";

const DAY_MS = 86_400_000;
/** From here on somebody has to ask the founders for a new list. Source: trust.md §2. */
const WARN_BEFORE_MS = 30 * DAY_MS;
/** A timer over a longer time than 2^31 ms fires at once in Node. */
const LONGEST_TIMER_MS = DAY_MS;

export type TrustDeps = {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly region: string;
  readonly leaves: LeafWriter;
  /** Issues a new leaf to a node of this region that asks over its old identity; absent where the CA key is not kept. */
  readonly renewLeaf?: (peer: Peer, csr: Uint8Array) => Promise<Result<readonly Uint8Array[]>>;
};

type Adopted = { readonly version: string; readonly digest: string; readonly diff: string[] };

type CrlBook = {
  /** Takes a region's revocation list, in PEM, when it is signed by its authority and newer than the one held. */
  readonly accept: (
    region: string,
    pem: string,
  ) => Promise<Result<{ readonly number: string; readonly changed: boolean }>>;
  readonly of: (region: string) => readonly CrlFacts[];
};

export type Trust = TrustView & {
  readonly accept: (signed: SignedTrustList, options?: { readonly firstDigest?: string }) => Promise<Result<Adopted>>;
  readonly signed: () => SignedTrustList | undefined;
  readonly crls: CrlBook;
  /** This region's own list in DER, for peers that watch. */
  readonly ownCrl: () => Uint8Array | undefined;
  readonly renew: (peer: Peer, csr: Uint8Array) => Promise<Result<readonly Uint8Array[]>>;
  /** After a new list, a new revocation list, and when the list in force expires. */
  readonly onChange: (onChange: () => void) => Unsubscribe;
  /** `expired` also when there is no list: nobody can be trusted then. */
  readonly state: () => "ok" | "warn" | "expired";
  readonly stop: () => void;
};

/** Holds the list in force in memory, its history and the highest version seen in the store. */
export async function createTrust(deps: TrustDeps): Promise<Trust> {
  const { store, runtime, scheduler, region } = deps;
  const logger = deps.logger.child({ part: "trust" });
  const listeners = new Set<() => void>();
  let held: Held = { signed: undefined, digest: undefined, crls: new Map(), ownCrl: undefined, mark: "" };
  let stopped = false;
  let cancelTimer = () => {};
  const tell = () => tellAll(listeners);

  const stateNow = () => stateOf(held.signed, runtime.nowMs());
  const watchExpiry = () => {
    cancelTimer();
    const leftMs = held.signed === undefined ? undefined : msOf(held.signed.list.expiresAt) - runtime.nowMs();
    if (leftMs === undefined || leftMs <= 0) return;
    if (leftMs < WARN_BEFORE_MS) logger.warn({ leftMs }, "the trust list expires soon; ask the founders for a new one");
    cancelTimer = scheduler.after(Math.min(leftMs, LONGEST_TIMER_MS), () => {
      if (stateNow() === "expired") logger.error({}, "the trust list has expired; no new session is accepted");
      if (stateNow() === "expired") tell();
      watchExpiry();
    });
  };
  let loading = Promise.resolve();
  // One after another: of two loads that overlap, the one that saw the older state could finish last.
  const reload = () => {
    loading = loading.then(async () => {
      if (stopped) return;
      const loaded = await load(store, region);
      const isChanged = loaded.mark !== held.mark;
      held = loaded;
      watchExpiry();
      if (isChanged) tell();
    });
    return loading;
  };
  // Another replica may adopt a list; its commit is seen here by the watch.
  const follow = () => {
    reload().catch((fault: unknown) => {
      // The next change tries again; a store that takes no reads stops the node by other ways.
      loading = Promise.resolve();
      logger.error({ err: fault }, "the trust list could not be read again");
    });
  };
  const unwatch = [trustHead, trustCrls].map(({ prefix }) => store.watch(prefix, follow));
  held = await load(store, region);
  watchExpiry();

  return {
    current: () =>
      held.signed === undefined || held.digest === undefined
        ? undefined
        : { list: held.signed.list, digest: held.digest },
    signed: () => held.signed,
    region: (id) => regionOf(held.signed, id),
    statementKey: (id, keyId, atMs) => statementKeyOf(regionOf(held.signed, id), keyId, atMs),
    peers: () => (held.signed?.list.regions ?? []).filter(({ id, status }) => id !== region && status === "active"),
    accept: async (signed, options = {}) => {
      const adopted = await adopt(deps, signed, options.firstDigest);
      if (adopted.ok) await reload();
      return adopted;
    },
    crls: {
      of: (id) => held.crls.get(id) ?? [],
      accept: async (id, pem) => {
        const accepted = await acceptCrl(store, regionOf(held.signed, id), id, pem);
        if (accepted.ok && accepted.value.changed) await reload();
        return accepted;
      },
    },
    ownCrl: () => held.ownCrl,
    renew: async (peer, csr) => (deps.renewLeaf === undefined ? noAuthority() : deps.renewLeaf(peer, csr)),
    onChange: (onChange) => {
      listeners.add(onChange);
      return () => void listeners.delete(onChange);
    },
    state: stateNow,
    stop: () => {
      stopped = true;
      cancelTimer();
      for (const stop of unwatch) stop();
      listeners.clear();
    },
  };
}

/** What follows the list (mirrors, watches) lives longer than the request that brought it. */
function tellAll(listeners: Iterable<() => void>): void {
  for (const listener of listeners) outsideTrace(listener);
}

type Held = {
  readonly signed: SignedTrustList | undefined;
  readonly digest: string | undefined;
  readonly crls: ReadonlyMap<string, readonly CrlFacts[]>;
  readonly ownCrl: Uint8Array | undefined;
  /** Differs when anything above does. */
  readonly mark: string;
};

async function load(store: Store, ownRegion: string): Promise<Held> {
  const head = await read(store, headRef);
  const signed = head === undefined ? undefined : await read(store, trustLists.at(BigInt(head.version)));
  const crls = new Map<string, CrlFacts[]>();
  let ownCrl: Uint8Array | undefined;
  let mark = head?.digest ?? "";
  for await (const { region: id, pem, number, issuerFingerprint } of listRecords(store, trustCrls)) {
    const region = regionOf(signed, id);
    const facts = region === undefined ? undefined : readCrl(pem, authoritiesOf(region));
    // Of an authority that is no longer listed; its leaves are refused by their issuer already.
    if (facts === undefined) continue;
    mark += ` ${issuerFingerprint}/${number}`;
    crls.set(id, [...(crls.get(id) ?? []), facts]);
    if (id === ownRegion) ownCrl = derOfPem(pem, "X509 CRL");
  }
  return { signed, digest: head?.digest, crls, ownCrl, mark };
}

async function adopt(deps: TrustDeps, signed: SignedTrustList, firstDigest?: string): Promise<Result<Adopted>> {
  const { store, runtime, leaves, region } = deps;
  const head = await read(store, headRef);
  const inForce = head === undefined ? undefined : await read(store, trustLists.at(BigInt(head.version)));
  const anchor: TrustAnchor | undefined =
    inForce !== undefined ? { inForce: inForce.list } : firstDigest !== undefined ? { digest: firstDigest } : undefined;
  if (anchor === undefined) return noList();
  const parsed = signedTrustListSchema.safeParse(signed);
  const isKnown =
    parsed.success && canonicalize(parsed.data.list).ok && trustListDigest(parsed.data.list) === head?.digest;
  if (head !== undefined && isKnown) return ok({ ...head, diff: [] });
  const nowMs = runtime.nowMs();
  const verified = verifyTrustList(signed, anchor, nowMs);
  if (!verified.ok) return verified;
  const { version, digest, signers, diff, list } = verified.value;
  return transact(store, [headRef, ...leaves.appendLeafRefs()], (tx) => {
    // The list was verified against this very head; had another one come in between, it would have to be verified anew.
    if (tx.get(headRef)?.digest !== head?.digest) return overtaken();
    tx.put(trustLists.at(version), verified.value.signed);
    tx.put(headRef, { version: list.version, digest });
    leaves.appendLeaf(tx, region, {
      kind: "trust.changed",
      atMs: nowMs,
      subject: `trust-list/${list.version}`,
      actor: "node",
      digest,
      detail: { version: list.version, signers: signers.join(" ") },
    });
    return ok({ version: list.version, digest, diff });
  });
}

async function acceptCrl(
  store: Store,
  region: TrustedRegion | undefined,
  id: string,
  pem: string,
): Promise<Result<{ readonly number: string; readonly changed: boolean }>> {
  const facts = region === undefined ? undefined : readCrl(pem, authoritiesOf(region));
  if (facts === undefined) return badCrl(id);
  const ref = trustCrls.at(id, facts.issuerFingerprint);
  const record: StoredCrl = {
    region: id,
    issuerFingerprint: facts.issuerFingerprint,
    number: facts.number.toString(),
    pem,
  };
  return transact<{ readonly number: string; readonly changed: boolean }>(store, [ref], (tx) => {
    const held = tx.get(ref);
    if (held?.pem === pem) return ok({ number: held.number, changed: false });
    if (held !== undefined && BigInt(held.number) >= facts.number) return oldCrl(id, held.number, record.number);
    tx.put(ref, record);
    return ok({ number: record.number, changed: true });
  });
}

function regionOf(signed: SignedTrustList | undefined, id: string): TrustedRegion | undefined {
  return signed?.list.regions.find((region) => region.id === id);
}

function statementKeyOf(region: TrustedRegion | undefined, keyId: string, atMs: number): Uint8Array | undefined {
  const key = region?.statementKeys.find((candidate) => candidate.keyId === keyId);
  if (key === undefined || atMs < msOf(key.validFrom)) return undefined;
  if (key.validTo !== null && atMs >= msOf(key.validTo)) return undefined;
  return Buffer.from(key.publicKey, "base64");
}

function stateOf(signed: SignedTrustList | undefined, nowMs: number): "ok" | "warn" | "expired" {
  const leftMs = signed === undefined ? 0 : msOf(signed.list.expiresAt) - nowMs;
  if (leftMs <= 0) return "expired";
  return leftMs < WARN_BEFORE_MS ? "warn" : "ok";
}

function noList(): Failure {
  return refuse("trust.no_list", {
    zh: "本节点尚无信任列表;首个列表须以线下核对的摘要安装(--trust-list F --digest sha256:…)。",
    en: "This node has no trust list; the first one is installed with a digest compared out of band (--trust-list F --digest sha256:…).",
  });
}

function overtaken(): Failure {
  return refuse("trust.rolled_back", {
    zh: "同时有另一个信任列表生效;请重新提交。",
    en: "Another trust list came into force meanwhile; submit this one again.",
  });
}

function noAuthority(): Failure {
  return refuse("trust.no_authority", {
    zh: "本节点不保存地区 CA 的私钥,无法续期;请向保存 CA 的节点申请。",
    en: "This node does not keep the authority's key and cannot renew; ask the node that does.",
  });
}

function badCrl(region: string): Failure {
  return refuse(
    "trust.bad_crl",
    {
      zh: `地区 ${region} 的吊销列表无法采用:格式有误,或不是由该地区 CA 签名。请对方重新发布。`,
      en: `The revocation list of region ${region} cannot be used: it is malformed or not signed by the region's authority. Have it published again.`,
    },
    { region },
  );
}

function oldCrl(region: string, held: string, offered: string): Failure {
  return refuse(
    "trust.old_crl",
    {
      zh: `地区 ${region} 的吊销列表第 ${offered} 号不高于已采用的第 ${held} 号;旧列表不再接受。`,
      en: `Revocation list ${offered} of region ${region} is not above number ${held}, which is in force; older lists are never taken back.`,
    },
    { region, held, offered },
  );
}
