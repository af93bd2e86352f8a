import { createHash } from "node:crypto";
import type { HeldReceipt } from "../../node/metering/model.ts";
import type { Agreement, Negotiation } from "../../node/negotiation/model.ts";
import type { PeriodView } from "../../node/settlement/period-view.ts";
import type { Transfer } from "../../node/transfer/model.ts";
import { faultsOfLog, type SeenLeaf } from "./log-check.ts";
import type { Operator } from "./operator.ts";
import { PSEUDONYM_COLUMN } from "./play-negotiations.ts";
import type { SoakNode } from "./soak-node.ts";
import type { Played } from "./story.ts";

/** What may not depend on when a node was away: the same after every trial, whatever ids and times it used. */
export type Outcome = {
  readonly books: { readonly [region: string]: Books };
  readonly settlement: {
    readonly amountFen: string;
    readonly lines: number;
    readonly fenPerParty: { readonly [party: string]: string };
  };
};

type Books = {
  readonly published: number;
  readonly negotiations: readonly string[];
  readonly transfers: readonly string[];
  readonly receipts: { readonly [entry: string]: string };
  readonly postings: number;
  readonly balances: readonly string[];
};

type Page<T> = { readonly items: readonly T[]; readonly next: string | null };
type LedgerView = {
  readonly items: readonly {
    readonly account: string;
    readonly debitsPosted: string;
    readonly creditsPosted: string;
  }[];
  readonly check: { readonly transfers: number };
};

/** Everything a region holds at the end. */
type Region = {
  readonly node: SoakNode;
  readonly published: number;
  readonly negotiations: readonly Negotiation[];
  readonly agreements: readonly Agreement[];
  readonly transfers: readonly Transfer[];
  readonly contents: ReadonlyMap<string, Buffer>;
  readonly receipts: readonly HeldReceipt[];
  readonly ledger: LedgerView;
  readonly period: PeriodView;
  readonly leaves: readonly SeenLeaf[];
};

export type Collected = { readonly outcome: Outcome; readonly faults: readonly string[] };

/** The outcome of a story that was played to its end, and everything in it that contradicts itself. */
export async function collectOutcome(
  operator: Operator,
  nodes: readonly [SoakNode, SoakNode],
  { period, checkpoints }: Played,
): Promise<Collected> {
  for (const node of nodes) await untilQuiet(operator, node);
  const [provider, consumer] = [
    await readRegion(operator, nodes[0], period),
    await readRegion(operator, nodes[1], period),
  ];
  for (const node of nodes) await untilFindable(operator, node, provider.published + consumer.published);
  const statement = provider.period.settlements[0]?.statement?.result;
  const outcome: Outcome = {
    books: { [nodes[0].id]: booksOf(provider), [nodes[1].id]: booksOf(consumer) },
    settlement: {
      amountFen: statement?.amountFen ?? "none",
      lines: statement?.lines.length ?? 0,
      fenPerParty: Object.fromEntries((statement?.totals ?? []).map(({ partyId, fen }) => [partyId, fen])),
    },
  };
  const faults = [...differences(provider, consumer)];
  for (const { node, leaves, receipts } of [provider, consumer]) {
    const seen = checkpoints.filter(({ region }) => region === node.id);
    faults.push(...faultsOfLog(node.id, leaves, seen), ...faultsOfChains(node.id, receipts));
  }
  return { outcome, faults };
}

/** Nothing is on its way any more: outbox empty, transfers over at both, every receipt signed. */
async function untilQuiet(operator: Operator, node: SoakNode): Promise<void> {
  type Peers = Page<{ readonly undelivered: number }>;
  const peers = () => operator.read<Peers>(node, "admin", "/peers");
  await operator.until(`${node.id} has delivered everything`, peers, ({ items }) =>
    items.every(({ undelivered }) => undelivered === 0),
  );
  const transfers = () => operator.read<Page<Transfer>>(node, "requester", "/transfers?limit=100");
  await operator.until(`transfers are over at ${node.id}`, transfers, ({ items }) =>
    items.every(({ state }) => state === "COMPLETED" || state === "TERMINATED"),
  );
  const receipts = () => allPages<HeldReceipt>(operator, node, "finance", "/receipts?limit=200");
  await operator.until(`receipts are signed at ${node.id}`, receipts, (held) =>
    held.every(({ consumerSignature }) => consumerSignature !== null),
  );
}

/** The index and the mirrors are derived: whatever they lost they make good by themselves. */
async function untilFindable(operator: Operator, node: SoakNode, entries: number): Promise<void> {
  type Found = { readonly total: number; readonly freshness: readonly { readonly state: string }[] };
  const search = () => operator.read<Found>(node, "requester", "/search");
  await operator.until(
    `${node.id} finds all ${entries} entries of both regions`,
    search,
    ({ total, freshness }) => total === entries && freshness.every(({ state }) => state === "live"),
  );
}

async function readRegion(operator: Operator, node: SoakNode, period: string): Promise<Region> {
  const page = async <T>(path: string) => (await operator.read<Page<T>>(node, "approver", path)).items;
  const transfers = await page<Transfer>("/transfers?limit=100");
  const contents = new Map<string, Buffer>();
  for (const { id, role } of transfers) {
    if (role !== "consumer") continue;
    contents.set(id, await operator.bytes(node, "requester", `/transfers/${encodeURIComponent(id)}/content`));
  }
  return {
    node,
    published: (await page("/catalog/entries?status=published&limit=200")).length,
    negotiations: await page<Negotiation>("/negotiations?limit=100"),
    agreements: await page<Agreement>("/agreements?limit=100"),
    transfers,
    contents,
    receipts: await allPages(operator, node, "finance", "/receipts?limit=200"),
    ledger: await operator.read(node, "finance", "/ledger/balances"),
    period: await operator.read(node, "finance", `/settlements/${period}`),
    leaves: await allPages(operator, node, "auditor", "/events?limit=200", "after"),
  };
}

async function allPages<T>(
  operator: Operator,
  node: SoakNode,
  role: "finance" | "auditor",
  path: string,
  cursor = "cursor",
): Promise<T[]> {
  const items: T[] = [];
  for (let next: string | null = ""; next !== null; ) {
    const from: string = next === "" ? path : `${path}&${cursor}=${encodeURIComponent(next)}`;
    const page: Page<T> = await operator.read(node, role, from);
    items.push(...page.items);
    next = page.next;
  }
  return items;
}

function booksOf({ published, negotiations, agreements, transfers, contents, receipts, ledger }: Region): Books {
  const entryOf = new Map(agreements.map(({ id, entry }) => [id, entry.id]));
  const chains: { [entry: string]: { count: number; usage: { [metric: string]: number } } } = {};
  for (const { core } of receipts) {
    const entry = entryOf.get(core.agreementId) ?? core.agreementId;
    chains[entry] ??= { count: 0, usage: {} };
    const chain = chains[entry];
    chain.count += 1;
    for (const [metric, n] of Object.entries(core.usage)) chain.usage[metric] = (chain.usage[metric] ?? 0) + Number(n);
  }
  return {
    published,
    negotiations: negotiations.map(({ entry, mode, state }) => `${entry.id} ${mode} ${state}`).sort(),
    transfers: transfers
      .map(({ id, entry, state, rows, bytes, batches, receipts: count }) =>
        [entry.id, state, rows, bytes, batches, count, withoutPseudonyms(contents.get(id))].join(" "),
      )
      .sort(),
    receipts: Object.fromEntries(Object.entries(chains).map(([entry, chain]) => [entry, JSON.stringify(chain)])),
    postings: ledger.check.transfers,
    balances: ledger.items.map(({ account, debitsPosted, creditsPosted }) => {
      const [, id] = [...entryOf.keys()].map((key) => [account.includes(key), key] as const).find(([is]) => is) ?? [];
      const name = id === undefined ? account : account.replace(id, `agreement on ${entryOf.get(id)}`);
      return `${name} ${debitsPosted} ${creditsPosted}`;
    }),
  };
}

/** A hash of the content in which pseudonyms, whose key is another one in every agreement, are numbered instead. */
function withoutPseudonyms(content: Buffer | undefined): string {
  if (content === undefined) return "";
  const numbers = new Map<string, number>();
  const lines = content.toString("utf8").split("\n");
  const plain = lines.map((line) => {
    const cells = line.split(",");
    const cell = cells[PSEUDONYM_COLUMN];
    if (cell === undefined || !/^[0-9a-f]{64}$/.test(cell)) return line;
    if (!numbers.has(cell)) numbers.set(cell, numbers.size);
    cells[PSEUDONYM_COLUMN] = `#${numbers.get(cell)}`;
    return cells.join(",");
  });
  return sha256(plain.join("\n"));
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Where the two regions do not say the same. */
function* differences(provider: Region, consumer: Region): Generator<string> {
  for (const ours of consumer.negotiations) {
    const theirs = provider.negotiations.find(({ peerPid }) => peerPid === ours.id);
    const pair = [ours, theirs].map((one) => `${one?.state} ${one?.agreementDigest}`);
    if (pair[0] !== pair[1]) yield `negotiation on ${ours.entry.id}: ${pair.join(" | ")}`;
  }
  for (const ours of consumer.agreements) {
    const theirs = provider.agreements.find(({ id }) => id === ours.id);
    const pair = [ours, theirs].map((one) => [one?.digest, one?.status, one?.consumerSignature].join(" "));
    if (pair[0] !== pair[1]) yield `agreement on ${ours.entry.id}: ${pair.join(" | ")}`;
  }
  for (const ours of consumer.transfers) {
    const theirs = provider.transfers.find(({ peerPid }) => peerPid === ours.id);
    const pair = [ours, theirs].map((one) => [one?.state, one?.rows, one?.bytes, one?.sha256].join(" "));
    if (pair[0] !== pair[1]) yield `transfer of ${ours.entry.id}: ${pair.join(" | ")}`;
    const content = consumer.contents.get(ours.id) ?? Buffer.alloc(0);
    if (sha256(content) !== ours.sha256) yield `the content of ${ours.entry.id} is not what the transfer says`;
  }
  yield* differentReceipts(provider, consumer);
  const digests = [provider, consumer].map(({ period }) => period.settlements.map((one) => one.digest).join());
  if (digests[0] !== digests[1]) yield `statements: ${digests.join(" | ")}`;
  for (const { node, period } of [provider, consumer]) {
    if (!period.matched) yield `${node.id} has statements that did not come to an agreement`;
  }
}

function* differentReceipts(provider: Region, consumer: Region): Generator<string> {
  const signed = ({ coreDigest, providerSignature, consumerSignature }: HeldReceipt) =>
    [coreDigest, providerSignature, consumerSignature].join();
  const theirs = new Map(provider.receipts.map((one) => [one.core.receiptId, signed(one)]));
  const ours = new Map(consumer.receipts.map((one) => [one.core.receiptId, signed(one)]));
  for (const id of new Set([...theirs.keys(), ...ours.keys()])) {
    if (theirs.get(id) !== ours.get(id)) yield `receipt ${id}: ${theirs.get(id)} | ${ours.get(id)}`;
  }
}

/** Numbers from 1 without gap, each naming the one before it. */
function* faultsOfChains(region: string, receipts: readonly HeldReceipt[]): Generator<string> {
  const heads = new Map<string, { seq: number; digest: string }>();
  const ordered = [...receipts].sort((a, b) => Number(a.core.seq) - Number(b.core.seq));
  for (const { core, coreDigest } of ordered) {
    const chain = `${core.agreementId} ${core.direction}`;
    const { seq, digest } = heads.get(chain) ?? { seq: 0, digest: "0".repeat(64) };
    if (Number(core.seq) !== seq + 1 || core.prev !== digest)
      yield `${region}: receipt ${chain} ${core.seq} after ${seq}`;
    heads.set(chain, { seq: Number(core.seq), digest: coreDigest });
  }
}
