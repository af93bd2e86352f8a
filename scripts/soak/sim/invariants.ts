import { sha256Hex } from "../../../node/kernel/digest.ts";
import { periodOf } from "../../../node/kernel/instant.ts";
import type { HeldReceipt } from "../../../node/metering/model.ts";
import { list } from "../../../node/storage/transact.ts";
import { callRows } from "../../../node/transfer/call-store.ts";
import { faultsOfLog, type SeenLeaf } from "../log-check.ts";
import type { SeenCheckpoint } from "../story.ts";
import type { Memory } from "./people.ts";
import type { SimRegion } from "./sim-region.ts";
import { REGIONS, type SimWorld, START_MS } from "./sim-world.ts";

type Both = { readonly chengdu: SimRegion; readonly chongqing: SimRegion };

/** What must hold whenever nothing is under way any more. */
export async function brokenInvariants(
  world: SimWorld,
  memory: Memory,
  checkpoints: readonly SeenCheckpoint[],
): Promise<string[]> {
  const [chengdu, chongqing] = REGIONS.map((region) => world.rooms(region));
  if (chengdu === undefined || chongqing === undefined) return ["a region did not come back"];
  const both = { chengdu, chongqing };
  const broken = [...world.errors];
  const checks = [
    lostWrites,
    unequalNegotiations,
    unequalTransfers,
    unequalReceipts,
    unequalCalls,
    unequalMoney,
    mirrors,
  ];
  for (const check of checks) for await (const fault of check(both, memory, world)) broken.push(fault);
  for (const rooms of [chengdu, chongqing]) {
    const seen = checkpoints.filter(({ region }) => region === rooms.region);
    broken.push(...faultsOfLog(rooms.region, await leavesOf(rooms), seen));
  }
  return broken;
}

async function* lostWrites({ chengdu, chongqing }: Both, memory: Memory) {
  const roomsOf = (region: string) => (region === chengdu.region ? chengdu : chongqing);
  for (const { region, id } of memory.negotiations) {
    const { items } = await roomsOf(region).negotiations.list({ limit: 10_000 });
    if (!items.some((one) => one.id === id)) yield `acknowledged, and gone: negotiation ${id}`;
  }
  for (const { region, id } of memory.transfers) {
    if (!(await roomsOf(region).transfers.get(id)).ok) yield `acknowledged, and gone: transfer ${id}`;
  }
}

/** Every pair of the two, seen from the consumer. */
function* sides({ chengdu, chongqing }: Both) {
  yield { consumer: chengdu, provider: chongqing };
  yield { consumer: chongqing, provider: chengdu };
}

async function* unequalNegotiations(both: Both) {
  for (const { consumer, provider } of sides(both)) {
    const { items: ours } = await consumer.negotiations.list({ limit: 10_000 });
    const { items: theirs } = await provider.negotiations.list({ limit: 10_000 });
    for (const one of ours.filter(({ role }) => role === "consumer")) {
      const other = theirs.find(({ peerPid }) => peerPid === one.id);
      const pair = [one, other].map((side) => `${side?.state} ${side?.agreementDigest}`);
      // Ended before it ever reached the provider.
      if (other === undefined && one.state === "TERMINATED") continue;
      if (pair[0] !== pair[1]) yield `negotiation ${one.id}: ${pair.join(" | ")}`;
    }
    const { items: agreements } = await consumer.negotiations.agreements({ limit: 10_000 });
    for (const { id, digest, status } of agreements.filter(({ role }) => role === "consumer")) {
      const other = await provider.negotiations.agreement(id);
      const pair = [`${status} ${digest}`, other.ok ? `${other.value.status} ${other.value.digest}` : "none"];
      if (pair[0] !== pair[1]) yield `agreement ${id}: ${pair.join(" | ")}`;
    }
  }
}

async function* unequalTransfers(both: Both) {
  for (const { consumer, provider } of sides(both)) {
    const { items: ours } = await consumer.transfers.list({ limit: 10_000 });
    const { items: theirs } = await provider.transfers.list({ limit: 10_000 });
    for (const one of ours.filter(({ role }) => role === "consumer")) {
      const other = theirs.find(({ peerPid }) => peerPid === one.id);
      if (other === undefined && one.state === "TERMINATED") continue;
      const pair = [one, other].map((side) => `${side?.state} ${side?.sha256}`);
      if (pair[0] !== pair[1]) yield `transfer ${one.id}: ${pair.join(" | ")}`;
      const bytes = consumer.content.bytesOf(one.id) ?? Buffer.alloc(0);
      if (one.state !== "COMPLETED") continue;
      if (sha256Hex(bytes) !== one.sha256) yield `the content of transfer ${one.id} is not what it says`;
      if (one.rows !== other?.rows || one.bytes !== other.bytes)
        yield `transfer ${one.id}: ${one.rows} | ${other?.rows}`;
    }
  }
}

async function receiptsOf({ metering }: SimRegion): Promise<HeldReceipt[]> {
  return (await metering.receipts({ limit: 100_000 })).items;
}

async function* unequalReceipts({ chengdu, chongqing }: Both) {
  const text = ({ coreDigest, providerSignature, consumerSignature }: HeldReceipt) =>
    [coreDigest, providerSignature, consumerSignature].join();
  const theirs = new Map((await receiptsOf(chengdu)).map((one) => [one.core.receiptId, one]));
  const ours = new Map((await receiptsOf(chongqing)).map((one) => [one.core.receiptId, one]));
  for (const id of new Set([...theirs.keys(), ...ours.keys()])) {
    const [a, b] = [theirs.get(id), ours.get(id)];
    const about = (a ?? b)?.core;
    if (a === undefined || b === undefined) yield `receipt ${about?.agreementId}/${about?.seq} is at one side only`;
    else if (text(a) !== text(b)) yield `receipt ${about?.agreementId}/${about?.seq}: ${text(a)} | ${text(b)}`;
    else if (a.consumerSignature === null) yield `receipt ${about?.agreementId}/${about?.seq} was never signed`;
  }
}

/** Every answered call is metered, and nothing that nobody asked for. */
async function* unequalCalls(both: Both, memory: Memory) {
  for (const [agreementId, answered] of memory.calls) {
    const [provider, consumer] = [both.chengdu, both.chongqing];
    const [theirs, ours] = [await provider.metering.totals(agreementId), await consumer.metering.totals(agreementId)];
    if (theirs.calls !== ours.calls) yield `calls of ${agreementId}: ${theirs.calls} | ${ours.calls}`;
    const metered = new Set<string>();
    for await (const { callId } of list(provider.store, callRows, [agreementId])) metered.add(callId);
    const asked = memory.asked.get(agreementId) ?? new Set();
    for (const id of answered) if (!metered.has(id)) yield `call ${id} was answered and not metered`;
    for (const id of metered) if (!asked.has(id)) yield `call ${id} is metered, and nobody made it`;
    if (theirs.calls !== String(metered.size))
      yield `calls of ${agreementId}: ${metered.size} rows, ${theirs.calls} counted`;
  }
}

async function* unequalMoney({ chengdu, chongqing }: Both, memory: Memory, world: SimWorld) {
  const books = await Promise.all([chengdu, chongqing].map(({ ledger }) => ledger.balances({})));
  for (const { ledger, region } of [chengdu, chongqing]) {
    const check = await ledger.check();
    if (!check.ok) yield `the ledger of ${region}: ${check.error.text.en}`;
  }
  const [theirs, ours] = books.map((accounts) => new Map(accounts.map((one) => [one.account, JSON.stringify(one)])));
  for (const account of new Set([...(theirs?.keys() ?? []), ...(ours?.keys() ?? [])])) {
    if (theirs?.get(account) !== ours?.get(account))
      yield `account ${account}: ${theirs?.get(account)} | ${ours?.get(account)}`;
  }
  for (const period of new Set([periodOf(START_MS), periodOf(world.time.nowMs)])) {
    if (!REGIONS.every((region) => memory.closed.has(`${region} ${period}`))) continue;
    const views = await Promise.all([chengdu, chongqing].map(({ settlements }) => settlements.status(period)));
    for (const view of views)
      for (const { agreementId, state, reason } of view.settlements)
        if (state !== "agreed") yield `the statement of ${agreementId} in ${period} is ${state}: ${reason?.code}`;
    const digests = views.map((view) => view.settlements.map(({ digest }) => digest).join());
    if (digests[0] !== digests[1]) yield `statements of ${period}: ${digests.join(" | ")}`;
  }
}

async function* mirrors(both: Both) {
  for (const { consumer, provider } of sides(both)) {
    const published = new Map<string, string>();
    const { items } = await provider.catalog.list({ limit: 10_000, status: "published" });
    for (const entry of items) published.set(entry.id, JSON.stringify(entry));
    for await (const { region, entry } of consumer.federation.entries()) {
      if (region !== provider.region) continue;
      if (published.get(entry.id) !== JSON.stringify(entry)) yield `the mirror of ${entry.id} is not what it mirrors`;
      published.delete(entry.id);
    }
    for (const id of published.keys()) yield `${id} is not mirrored`;
  }
}

async function leavesOf({ audit }: SimRegion): Promise<SeenLeaf[]> {
  const leaves: SeenLeaf[] = [];
  for (let after: string | undefined; ; ) {
    const page = await audit.leaves({ limit: 1_000, after });
    leaves.push(...page.items);
    if (page.next === null) return leaves;
    after = page.next;
  }
}

export async function checkpointOf(rooms: SimRegion): Promise<SeenCheckpoint> {
  return { region: rooms.region, note: (await rooms.audit.head()).note };
}
