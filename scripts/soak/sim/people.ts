import { type ExchangeError, ok, type Result } from "../../../node/kernel/exchange-error.ts";
import { periodOf } from "../../../node/kernel/instant.ts";
import type { Agreement } from "../../../node/negotiation/model.ts";
import { StoreFault } from "../../../node/storage/port.ts";
import { transact } from "../../../node/storage/transact.ts";
import { sourcesByEntry } from "../../../node/transfer/sources/store.ts";
import { benefitTerms } from "../../demo/agreements.ts";
import type { SimRegion } from "./sim-region.ts";
import { person } from "./sim-trust.ts";
import { REGIONS, type SimWorld } from "./sim-world.ts";

/** What people were told had happened, and must find again. */
export type Memory = {
  readonly negotiations: { readonly region: string; readonly id: string }[];
  readonly transfers: { readonly region: string; readonly id: string }[];
  /** By agreement: ids of the calls that were answered. */
  readonly calls: Map<string, Set<string>>;
  /** By agreement: ids of all calls that were made, also those of which nothing was heard. */
  readonly asked: Map<string, Set<string>>;
  readonly closed: Set<string>;
  readonly actions: { [name: string]: number };
};

export function createMemory(): Memory {
  return { negotiations: [], transfers: [], calls: new Map(), asked: new Map(), closed: new Set(), actions: {} };
}

type Act = (world: SimWorld, rooms: SimRegion, memory: Memory) => Promise<void>;

const ACTS: readonly (readonly [name: string, weight: number, act: Act])[] = [
  ["request", 24, request],
  ["decide", 34, decide],
  ["transfer", 16, startTransfer],
  ["control", 6, controlTransfer],
  ["call", 24, callProduct],
  ["publish", 5, publishAgain],
  ["end", 1, endAgreement],
];
const WEIGHTS = ACTS.reduce((sum, [, weight]) => sum + weight, 0);

/** Somebody somewhere does something. The node may die over it; then nobody knows whether it happened. */
export async function act(world: SimWorld, memory: Memory): Promise<void> {
  const rooms = world.rooms(world.random.pick(REGIONS));
  let drawn = world.random.between(1, WEIGHTS);
  const chosen = ACTS.find(([, weight]) => {
    drawn -= weight;
    return drawn <= 0;
  });
  if (rooms === undefined || chosen === undefined) return;
  const [name, , run] = chosen;
  memory.actions[name] = (memory.actions[name] ?? 0) + 1;
  await whileAlive(() => run(world, rooms, memory));
}

export async function whileAlive(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (fault) {
    if (!(fault instanceof StoreFault && fault.code === "STORE_CLOSED")) throw fault;
  }
}

/** Refusals are part of life; faults of ours are not. */
function accepted<T>(world: SimWorld, what: string, result: Result<T>): T | undefined {
  if (result.ok) return result.value;
  if (isOurFault(result.error)) world.errors.push(`${what}: ${result.error.code} ${result.error.text.en}`);
  return undefined;
}

function isOurFault({ kind }: ExchangeError): boolean {
  return kind === "integrity";
}

/** Imports and confirms what the region has to offer. */
export async function publishAll(world: SimWorld, region: string): Promise<void> {
  const rooms = world.rooms(region);
  if (rooms === undefined) return;
  const rows = world.catalogueOf(region);
  await transact(rooms.store, [], (tx) => {
    // The sources themselves are in memory; releasing a batch asks whether one is bound.
    for (const { value } of rows) tx.put(sourcesByEntry.at((value as { id: string }).id), "simulated");
    return ok(true);
  });
  await publishRows(world, rooms, rows);
}

async function publishRows(world: SimWorld, rooms: SimRegion, rows: ReturnType<SimWorld["catalogueOf"]>) {
  const options = { partial: true, asPublished: true };
  const imported = await rooms.catalog.importEntries(person(rooms.region, "publisher"), rows, options);
  const importId = accepted(world, "import", imported)?.importId;
  if (importId === undefined || importId === null) return;
  accepted(world, "confirm", await rooms.catalog.confirmImport(person(rooms.region, "approver"), importId));
}

async function publishAgain(world: SimWorld, rooms: SimRegion): Promise<void> {
  const row = world.random.pick(world.catalogueOf(rooms.region));
  const value = row.value as { abstract: string; version: number };
  const changed = { ...value, abstract: `${value.abstract} 更新 ${world.time.nowMs}`, version: value.version };
  await publishRows(world, rooms, [{ row: 1, value: changed }]);
}

async function request(world: SimWorld, rooms: SimRegion, memory: Memory): Promise<void> {
  const mirrored: { region: string; id: string; purposes: readonly string[] }[] = [];
  for await (const { region, entry } of rooms.federation.entries()) {
    const purposes = entry.product?.purposes.includes("industrial") === true ? ["industrial"] : ["public-governance"];
    mirrored.push({ region, id: entry.id, purposes });
  }
  if (mirrored.length === 0) return;
  const { region, id: entryId, purposes } = world.random.pick(mirrored);
  const asked = await rooms.negotiations.request(person(rooms.region, "requester"), {
    ...{ region, entryId, purposes: purposes as ["industrial"], legalBasis: "履职需要" },
  });
  const made = accepted(world, "request", asked);
  if (made !== undefined) memory.negotiations.push({ region: rooms.region, id: made.id });
}

/** Whoever's turn it is takes it: mostly yes, now and then no, for a product always with a price first. */
async function decide(world: SimWorld, rooms: SimRegion): Promise<void> {
  const [approver, requester] = [person(rooms.region, "approver"), person(rooms.region, "requester")];
  const { negotiations } = rooms;
  const { items } = await negotiations.list({ limit: 200 });
  const mine = items.filter(({ reason }) => reason?.turn?.region === rooms.region && reason.turn.role !== "node");
  if (mine.length === 0) return;
  const { id, state, role, agreementId, terms, entry } = world.random.pick(mine);
  const isUnpricedProduct = role === "provider" && entry.id.includes("-prod-") && terms.price === null;
  if (state === "REQUESTED" && isUnpricedProduct) {
    const price = benefitTerms(agreementId ?? "");
    accepted(world, "counter", await negotiations.counter(approver, id, { price }, "按目录价"));
  } else if (world.random.next() < 0.1) {
    accepted(world, "reject", await negotiations.terminate(approver, id, { comment: "不需要了" }));
  } else if (state === "OFFERED") {
    accepted(world, "accept", await negotiations.accept(requester, id));
  } else {
    accepted(world, "approve", await negotiations.approve(approver, id));
  }
}

async function agreementsOf({ negotiations }: SimRegion, kind: "product" | "dataset"): Promise<Agreement[]> {
  const { items } = await negotiations.agreements({ limit: 200 });
  return items.filter(
    ({ role, status, entry }) =>
      role === "consumer" && status === "in-force" && entry.id.includes("-prod-") === (kind === "product"),
  );
}

async function startTransfer(world: SimWorld, rooms: SimRegion, memory: Memory): Promise<void> {
  const agreements = await agreementsOf(rooms, "dataset");
  if (agreements.length === 0) return;
  const { id: agreementId } = world.random.pick(agreements);
  const started = await rooms.transfers.start(person(rooms.region, "requester"), { agreementId, selection: {} });
  const made = accepted(world, "transfer", started);
  if (made !== undefined) memory.transfers.push({ region: rooms.region, id: made.id });
}

async function controlTransfer(world: SimWorld, rooms: SimRegion): Promise<void> {
  const { items } = await rooms.transfers.list({ limit: 200 });
  const under = items.filter(({ state, role }) => role === "consumer" && ["STARTED", "SUSPENDED"].includes(state));
  if (under.length === 0) return;
  const { id, state } = world.random.pick(under);
  const requester = person(rooms.region, "requester");
  if (world.random.next() < 0.15) accepted(world, "terminate", await rooms.transfers.terminate(requester, id));
  else if (state === "STARTED") accepted(world, "suspend", await rooms.transfers.suspend(requester, id));
  else accepted(world, "resume", await rooms.transfers.resume(requester, id));
}

async function callProduct(world: SimWorld, rooms: SimRegion, memory: Memory): Promise<void> {
  const agreements = await agreementsOf(rooms, "product");
  if (agreements.length === 0) return;
  const { id } = world.random.pick(agreements);
  const inputs = Array.from({ length: world.random.between(1, 40) }, (_, i) => ({ reg_code: `R${i}`, uscc: `U${i}` }));
  const callIds = inputs.map((_, i) => `c-${world.time.nowMs}-${i}`);
  const options = { purpose: "industrial" as const, callIds };
  memory.asked.set(id, new Set([...(memory.asked.get(id) ?? []), ...callIds]));
  const done = accepted(
    world,
    "calls",
    await rooms.transfers.call(person(rooms.region, "requester"), id, inputs, options),
  );
  const known = memory.calls.get(id) ?? new Set();
  for (const answer of done?.answers ?? []) if ("output" in answer) known.add(answer.callId);
  memory.calls.set(id, known);
}

async function endAgreement(world: SimWorld, rooms: SimRegion): Promise<void> {
  const agreements = await agreementsOf(rooms, "dataset");
  if (agreements.length === 0) return;
  const { id } = world.random.pick(agreements);
  const ended = await rooms.negotiations.terminateAgreement(person(rooms.region, "approver"), id, "不再需要");
  accepted(world, "end", ended);
}

/** Both finance officers close what is over; again until they are told that it is done. */
export async function closeMonths(world: SimWorld, memory: Memory, isLast: boolean): Promise<void> {
  const now = periodOf(world.time.nowMs);
  const periods = new Set([periodOf(world.time.nowMs - 7 * 86_400_000), ...(isLast ? [now] : [])]);
  for (const period of [...periods].filter((one) => isLast || one < now)) {
    for (const region of REGIONS) {
      const rooms = world.rooms(region);
      if (rooms === undefined || memory.closed.has(`${region} ${period}`)) continue;
      await whileAlive(async () => {
        const options = { early: period === now, reason: "期末" };
        const done = await rooms.settlements.close(person(region, "finance"), period, options);
        if (accepted(world, "close", done) !== undefined) memory.closed.add(`${region} ${period}`);
      });
    }
  }
}
