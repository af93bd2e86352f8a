import { readFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalText } from "../../node/kernel/canonical-json.ts";
import { verifyEd25519 } from "../../node/kernel/ed25519.ts";
import type { HeldReceipt } from "../../node/metering/model.ts";
import type { Negotiation } from "../../node/negotiation/model.ts";
import { callJson } from "../cli/client.ts";
import { benefitTerms } from "../demo/agreements.ts";
import { writeEquipment } from "../demo/equipment.ts";
import { until } from "../demo/narrate.ts";
import { as, type DemoRegion } from "../demo/region.ts";
import { withRegions } from "./regions.ts";
import type { BenchOptions, BenchRow } from "./row.ts";
import { chainDigests, consumerSigner, coreOf, providerSigner } from "./settlement-material.ts";
import { rounded } from "./settlement-statement.ts";

const ENTRY = "cd-prod-0002";
const TARGET = { value: 1 };
const CALLS_PER_REQUEST = 1_000;
const TICKS_PER_SECOND = 100;

/**
 * What signing and verifying window receipts takes of the processor time of metered calls: two built nodes answer calls over
 * mutual TLS; their time by the kernel's own account, signatures by measuring as many of them as were made.
 */
export function benchBatchShare({ quick }: BenchOptions): Promise<BenchRow> {
  return withRegions(async ({ chengdu, chongqing, root }) => {
    const files = await writeEquipment(join(root, "sources"));
    const match = { reg_code: "reg_code", uscc: "user_unit_uscc" };
    const flag = { column: "reg_code", op: "present" };
    await callJson(as(chengdu, "publisher"), "/sources", {
      body: {
        ...{ kind: "verification", id: ENTRY, entryId: ENTRY, path: files.equipment, match },
        answers: { registered_flag: flag, inspection_valid: { column: "status", op: "neq", value: "红色超期" } },
      },
    });
    const agreementId = await agree(chengdu, chongqing);
    const inputs = files.registrations.slice(0, CALLS_PER_REQUEST).map((row, i) => ({ request_id: `q-${i}`, ...row }));
    const call = async () => {
      const path = `/agreements/${encodeURIComponent(agreementId)}/calls`;
      const body = { inputs, purpose: "industrial" };
      const { answered } = await callJson<{ answered: number }>(as(chongqing, "requester"), path, { body });
      if (answered !== inputs.length) throw new Error(`${answered} of ${inputs.length} calls were answered`);
    };
    await call();
    const requests = quick ? 5 : 25;
    const before = await figures(chengdu, chongqing, agreementId);
    const from = performance.now();
    for (let i = 0; i < requests; i++) await call();
    const seconds = (performance.now() - from) / 1_000;
    const after = await figures(chengdu, chongqing, agreementId);
    const n = requests * inputs.length;
    const callMicros = ((after.cpu - before.cpu) * 1e6) / n;
    const receiptMicros = signingMicros(quick ? 200 : 2_000);
    const callsPerReceipt = n / Math.max(1, after.receipts - before.receipts);
    const value = rounded((100 * receiptMicros) / callsPerReceipt / callMicros);
    const more = { callMicros: rounded(callMicros), receiptMicros: rounded(receiptMicros), callsPerReceipt };
    const rate = { callsPerSecond: Math.round(n / seconds) };
    return {
      case: "receipt.batch-share",
      unit: "%",
      value,
      n,
      target: TARGET,
      met: value <= TARGET.value,
      ...more,
      ...rate,
    };
  });
}

async function agree(provider: DemoRegion, consumer: DemoRegion): Promise<string> {
  const requester = as(consumer, "requester");
  const isMirrored = () =>
    callJson(requester, `/federated/entries/${provider.id}/${ENTRY}`).then(
      () => true,
      () => false,
    );
  await until("the product is mirrored", isMirrored, (seen) => seen);
  const body = { region: provider.id, entryId: ENTRY, purposes: ["industrial"] };
  const asked = await callJson<Negotiation>(requester, "/negotiations", { body });
  const theirs = async () => {
    const { items } = await callJson<{ items: Negotiation[] }>(as(provider, "approver"), "/negotiations?limit=100");
    return items.find(({ peerPid }) => peerPid === asked.id);
  };
  const seen = await until("the provider sees the request", theirs, (one) => one?.state === "REQUESTED");
  const terms = {
    fields: seen?.terms.fields,
    purposes: ["industrial"],
    price: benefitTerms(seen?.agreementId ?? ""),
  };
  await callJson(as(provider, "approver"), `${at(seen?.id ?? "")}/counter`, { body: { terms, comment: "bench" } });
  const look = () => callJson<Negotiation>(requester, at(asked.id));
  await until("there is an offer", look, ({ state }) => state === "OFFERED");
  await callJson(requester, `${at(asked.id)}/accept`, { body: { comment: "bench" } });
  await until("it waits for a second signature", look, ({ state }) => state === "AGREED");
  await callJson(as(consumer, "approver"), `${at(asked.id)}/approve`, { body: { comment: "bench" } });
  const done = await until("it is signed", look, ({ state }) => state === "FINALIZED");
  return done.agreementId ?? "";
}

const at = (id: string) => `/negotiations/${encodeURIComponent(id)}`;

/** Processor seconds of both nodes so far, and the receipts that both have signed: some four a request, so they fit a page. */
async function figures(provider: DemoRegion, consumer: DemoRegion, agreementId: string) {
  const query = new URLSearchParams({ agreement: agreementId, limit: "200" });
  const ask = () => callJson<{ items: HeldReceipt[] }>(as(consumer, "auditor"), `/receipts?${query}`);
  const isQuiet = ({ items }: { items: HeldReceipt[] }) =>
    items.length > 0 && items.every(({ consumerSignature }) => consumerSignature !== null);
  const { items } = await until("the windows are signed", ask, isQuiet);
  return { cpu: cpuOf(provider) + cpuOf(consumer), receipts: items.length };
}

function cpuOf({ process: child }: DemoRegion): number {
  const fields = readFileSync(`/proc/${child?.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Both signatures and both verifications of one receipt, in microseconds. */
function signingMicros(rounds: number): number {
  const bytes = Buffer.from(`heliu.receipt.v1\n${canonicalText(coreOf(1, chainDigests(0)[0] ?? ""))}`, "utf8");
  const from = performance.now();
  for (let i = 0; i < rounds; i++) {
    for (const signer of [providerSigner, consumerSigner]) {
      verifyEd25519(signer.publicKey, bytes, signer.sign(bytes));
    }
  }
  return ((performance.now() - from) * 1_000) / rounds;
}
