import type { SignedTrustList, TrustView } from "../identity/model.ts";
import { type Failure, ok, type Result, refusals } from "../kernel/exchange-error.ts";
import { ExchangeFault } from "../kernel/exchange-fault.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Scheduler } from "../kernel/scheduler.ts";
import type { Worker } from "../kernel/worker.ts";
import type { Unsubscribe } from "../storage/port.ts";
import type { TrustChannel, TrustNotice } from "./trust-client.ts";

export type TrustFollowerDeps = {
  readonly trust: TrustView & {
    readonly accept: (signed: SignedTrustList) => Promise<Result<unknown>>;
    readonly crls: { readonly accept: (region: string, pem: string) => Promise<Result<unknown>> };
    readonly onChange: (onChange: () => void) => Unsubscribe;
  };
  readonly channel: Pick<TrustChannel, "list" | "watch">;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
};

export type TrustFollower = Worker & {
  /** Fetches the list of a region that shows a higher version; ok once the list in force is as high. */
  readonly follow: (region: string, version: bigint) => Promise<Result<true>>;
};

const refuse = refusals({ "trust.behind": "unavailable" });

/** A peer that cannot be watched may be hiding its revocations; it is asked again this often. */
const RETRY_MS = 2_000;

/**
 * Keeps trust list and revocation lists as new as the newest peer's. Without it a region that withholds a list from us
 * could hide a suspension. Source: trust.md §2.
 */
export function createTrustFollower(deps: TrustFollowerDeps): TrustFollower {
  const { trust, channel, scheduler } = deps;
  const logger = deps.logger.child({ part: "trust-follower" });
  const fetching = new Map<string, Promise<Result<true>>>();
  const watching = new Map<string, { readonly stop: AbortController; readonly done: Promise<void> }>();
  let stopChanges: Unsubscribe = () => {};

  const ours = () => BigInt(trust.current()?.list.version ?? "0");
  const follow = (region: string, version: bigint): Promise<Result<true>> => {
    if (version <= ours()) return Promise.resolve(ok(true));
    let running = fetching.get(region);
    if (running === undefined) {
      running = fetchList(region, version).finally(() => fetching.delete(region));
      fetching.set(region, running);
    }
    return running;
  };
  const fetchList = async (region: string, version: bigint): Promise<Result<true>> => {
    try {
      const fetched = await channel.list(region);
      const accepted = fetched.ok ? await trust.accept(fetched.value) : fetched;
      if (!accepted.ok) logger.warn({ region, code: accepted.error.code }, "a peer's trust list was not adopted");
    } catch (fault) {
      // Not every caller waits for the answer; a rejection that nobody takes would end the process.
      logger.error({ region, err: fault }, "unexpected fault while fetching a peer's trust list");
    }
    return version <= ours() ? ok(true) : behind(region, version, ours());
  };

  const take = async (region: string, { listVersion, crl }: TrustNotice) => {
    if (crl !== null) {
      const accepted = await trust.crls.accept(region, pemOf(crl));
      if (!accepted.ok && accepted.error.code !== "trust.old_crl") {
        logger.warn({ region, code: accepted.error.code }, "a peer's revocation list was not taken");
      }
    }
    await follow(region, listVersion);
  };
  const watch = async (region: string, signal: AbortSignal) => {
    while (!signal.aborted) {
      try {
        for await (const notice of channel.watch(region, signal)) await take(region, notice);
      } catch (fault) {
        // Our own fault is said loudly and tried again: a watch that quietly ended would hide every later revocation.
        if (!(fault instanceof ExchangeFault))
          logger.error({ region, err: fault }, "a peer's trust notice was not taken");
        else logger.debug({ region, code: fault.error.code }, "a peer's trust notices are not heard");
      }
      await pause(scheduler, RETRY_MS, signal);
    }
  };
  const watchPeers = () => {
    const wanted = new Set(trust.peers().map(({ id }) => id));
    for (const [region, { stop }] of watching) {
      if (wanted.has(region)) continue;
      stop.abort();
      watching.delete(region);
    }
    for (const region of wanted) {
      if (watching.has(region)) continue;
      const stop = new AbortController();
      watching.set(region, { stop, done: watch(region, stop.signal) });
    }
  };

  return {
    name: "trust-follower",
    follow,
    start() {
      stopChanges = trust.onChange(watchPeers);
      watchPeers();
    },
    async stop() {
      stopChanges();
      const running = [...watching.values()];
      for (const { stop } of running) stop.abort();
      watching.clear();
      await Promise.all([...running.map(({ done }) => done), ...fetching.values()]);
    },
  };
}

function pause(scheduler: Scheduler, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const cancel = scheduler.after(ms, resolve);
    signal.addEventListener("abort", () => {
      cancel();
      resolve();
    });
  });
}

function pemOf(crlDer: Uint8Array): string {
  const lines =
    Buffer.from(crlDer)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN X509 CRL-----\n${lines.join("\n")}\n-----END X509 CRL-----\n`;
}

function behind(region: string, version: bigint, ours: bigint): Failure {
  return refuse(
    "trust.behind",
    {
      zh: `地区 ${region} 使用信任列表第 ${version} 版,本节点为第 ${ours} 版且未能取得新版;取得之前不接受新的数据流。`,
      en: `Region ${region} has version ${version} of the trust list, this node ${ours} and could not get the newer one; no new stream is taken until it has.`,
    },
    { region, version: String(version), ours: String(ours) },
  );
}
