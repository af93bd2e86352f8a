import { randomBytes } from "node:crypto";
import { signerFromSeed } from "../../node/kernel/ed25519.ts";
import { err, ok } from "../../node/kernel/exchange-error.ts";
import { silentLogger } from "../../node/kernel/logger.ts";
import { systemRuntime } from "../../node/kernel/runtime.ts";
import { createPayments } from "../../node/payments/service.ts";
import { createMemoryDisk, openMemoryStore } from "../../node/storage/memory.ts";
import { type Measured, measure, prepare } from "../payments/measure.ts";
import { messyPayments, OWN_REGION } from "../payments/messy-payments.ts";
import type { SoakReport } from "./kills.ts";

const PAYMENTS = 10_000;
const LEAST_RECALL = 0.98;

/** Files of 10,000 payments with eight kinds of mess, each from its own seed: nothing wrong is booked, and nearly all that is right. */
export async function soakPayments({ seed, n }: { readonly seed: string; readonly n: number }): Promise<SoakReport> {
  const began = performance.now();
  const failed: object[] = [];
  for (let i = 0; i < n; i++) {
    const own = i === 0 ? seed : `${seed}-${i}`;
    const begun = performance.now();
    const measured = await trial(own);
    const { payments, precision, recall, open, missed, wrong } = measured;
    const tookMs = Math.round(performance.now() - begun);
    process.stderr.write(
      `${own}: ${JSON.stringify({ payments, precision, recall, open, missed, wrong: wrong.length, tookMs })}\n`,
    );
    if (precision !== 1 || recall < LEAST_RECALL)
      failed.push({ seed: own, precision, recall, wrong: wrong.slice(0, 5) });
  }
  const tookMs = Math.round(performance.now() - began);
  return { verb: "payments", seed, trials: n, ok: failed.length === 0, failed, tookMs };
}

async function trial(seed: string): Promise<Measured> {
  const store = openMemoryStore(createMemoryDisk());
  const unruled = err({ kind: "unavailable", code: "RULES_MISSING", text: { zh: "无规则", en: "No rule." } });
  const payments = createPayments({
    ...{ store, region: OWN_REGION, logger: silentLogger, runtime: systemRuntime },
    trust: { statementKey: () => undefined, region: () => undefined },
    signer: signerFromSeed(randomBytes(32)),
    rules: { deadline: () => unruled },
    signed: async () => ok([]),
  });
  const world = messyPayments(seed, PAYMENTS);
  await prepare(store, world);
  return measure(store, payments, world);
}
