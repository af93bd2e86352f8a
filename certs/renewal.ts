import { X509Certificate } from "node:crypto";
import { ok, type Result } from "../node/kernel/exchange-error.ts";
import type { Logger } from "../node/kernel/logger.ts";
import type { Runtime } from "../node/kernel/runtime.ts";
import type { Scheduler } from "../node/kernel/scheduler.ts";
import type { Worker } from "../node/kernel/worker.ts";
import { makeCsr, type RequestedNames } from "./csr.ts";
import type { Credentials } from "./files.ts";
import { newP256Key } from "./mint.ts";

/** Often enough that an authority which is back after a night is noticed well before 24 h are over. */
const RETRY_MS = 60_000;
/** A timer over a longer time than 2^31 ms fires at once in Node. */
const LONGEST_TIMER_MS = 24 * 3_600_000;

export type LeafRenewalDeps = {
  readonly runtime: Runtime;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** What the node presents now. */
  readonly credentials: Credentials;
  readonly names: RequestedNames;
  /** Asks the region's authority over the old identity: the CA in this folder, or `Trust.Renew` of the node that keeps it. */
  readonly requestLeaf: (csrPem: string) => Promise<Result<string>>;
  /** Makes the new pair durable before it is used. */
  readonly save: (credentials: Credentials) => Promise<void>;
};

export type LeafRenewal = Worker & {
  /** The same object until renewed, so that a TLS front sees by identity that it changed. */
  readonly current: () => Credentials;
  readonly renewNow: () => Promise<Result<Credentials>>;
  /** Credentials that another process put into the folder. */
  readonly replace: (credentials: Credentials) => void;
};

/** Renews the leaf at half-life with a new key. Running connections keep the old leaf; the next one gets the new. */
export function createLeafRenewal(deps: LeafRenewalDeps): LeafRenewal {
  const { runtime, scheduler, logger, names } = deps;
  let current = deps.credentials;
  let cancel = () => {};
  let stopped = false;
  let underWay: Promise<unknown> = Promise.resolve();

  const renewNow = async (): Promise<Result<Credentials>> => {
    const key = newP256Key();
    const leaf = await deps.requestLeaf(await makeCsr(key.privateKeyPem, names));
    if (!leaf.ok) return leaf;
    const renewed = { certificatePem: leaf.value, keyPem: key.privateKeyPem };
    await deps.save(renewed);
    current = renewed;
    return ok(renewed);
  };
  const attempt = async () => {
    try {
      const renewed = await renewNow();
      if (renewed.ok) {
        logger.info({ until: new X509Certificate(current.certificatePem).validTo }, "leaf renewed");
        return schedule();
      }
      logger.error({ code: renewed.error.code, reason: renewed.error.text.en }, "leaf not renewed; trying again");
    } catch (fault) {
      logger.error({ err: fault }, "leaf not renewed; trying again");
    }
    arm(RETRY_MS);
  };
  const arm = (ms: number) => {
    if (stopped) return;
    cancel();
    cancel = scheduler.after(Math.min(ms, LONGEST_TIMER_MS), () => {
      underWay = isDue() ? attempt() : Promise.resolve(schedule());
    });
  };
  const isDue = () => runtime.nowMs() >= halfLifeMs(current);
  const schedule = () => arm(Math.max(0, halfLifeMs(current) - runtime.nowMs()));

  return {
    name: "leaf-renewal",
    start: schedule,
    stop: async () => {
      stopped = true;
      cancel();
      await underWay;
    },
    current: () => current,
    renewNow,
    replace: (credentials) => {
      current = credentials;
      schedule();
    },
  };
}

/** Midway between the two ends of its validity. */
export function halfLifeMs({ certificatePem }: Pick<Credentials, "certificatePem">): number {
  const { validFrom, validTo } = new X509Certificate(certificatePem);
  return (Date.parse(validFrom) + Date.parse(validTo)) / 2;
}
