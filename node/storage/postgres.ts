import { Client, type ClientConfig, Pool, type PoolClient } from "pg";
import { createCommitter } from "./committer.ts";
import { entriesOf } from "./entries.ts";
import type { Pending } from "./group.ts";
import { type Key, type KeyRange, type Snapshot, type Store, StoreFault } from "./port.ts";
import { type Claim, claim, claimAlone } from "./postgres-alone.ts";
import { commitGroup } from "./postgres-commit.ts";
import { listen } from "./postgres-listen.ts";
import { createTable, createViews } from "./postgres-schema.ts";
import { unseal } from "./seal.ts";
import { createWatchers } from "./watchers.ts";

export type PostgresOptions = {
  /** Called with `store.before-write` and `store.after-write` around each group's write. */
  readonly failPoint?: (name: string) => void;
  /** For reads and, apart from them, for snapshots; two more connections write and listen. */
  readonly connections?: number;
};

export type PostgresStore = Store & {
  /** Shows the named collections' documents as `jsonb`, for the bureau's own queries. */
  readonly createCollectionViews: (names: readonly string[]) => Promise<void>;
  /** For work that bears no other process on the database, until this one closes; false while there are others. */
  readonly claimAlone: () => Promise<boolean>;
};

type Queryable = Pick<Pool, "query">;
type Row = { readonly key: Buffer; readonly value: Buffer };

const PAGE_ROWS = 500;

/** Several processes may open the same database; their commits are as if one after the other. */
export async function openPostgresStore(url: string, options: PostgresOptions = {}): Promise<PostgresStore> {
  const { failPoint = () => {}, connections = 8 } = options;
  const config: ClientConfig = { connectionString: url, application_name: "heliu", keepAlive: true };
  const watchers = createWatchers();
  const writer = createWriter(config);
  const channel = await prepare(writer);
  const reads = newPool({ ...config, max: connections });
  const snapshots = createSnapshots(newPool({ ...config, max: connections, pipeline: true }));
  const listener = await listen(config, channel, watchers, (processId) => writer.isOwn(processId));
  let closing: Promise<void> | undefined;

  async function writeGroup(group: readonly Pending[]): Promise<void> {
    const client = await writer.connected();
    try {
      const { writes, settle } = await commitGroup({ client, channel, failPoint }, group);
      settle();
      watchers.touched(writes.put.keys());
      watchers.touched(writes.remove);
    } catch (fault) {
      // Whether a commit whose connection broke is durable, nobody here knows; the next group begins on a new one.
      writer.drop();
      throw databaseFault(fault);
    }
  }

  const committer = createCommitter(writeGroup);
  const at = (snapshot: Snapshot | undefined): Queryable => {
    if (closing !== undefined) throw new StoreFault("STORE_CLOSED", "the store is closed");
    return snapshot === undefined ? reads : snapshots.clientOf(snapshot);
  };
  async function closeAll(): Promise<void> {
    await committer.close();
    watchers.clear();
    await listener.close();
    await Promise.all([writer.close(), snapshots.close(), reads.end()]);
  }

  const pages: Store["pages"] = (range, snapshot) => {
    const source = at(snapshot);
    return snapshot === undefined ? scanAlone(source, range, snapshots) : scan(source, range);
  };

  return {
    commit: committer.commit,
    watch: watchers.add,
    get: async (key, snapshot) => getFrom(at(snapshot), key),
    range: (range, snapshot) => entriesOf(pages(range, snapshot)),
    pages,
    async snapshot() {
      at(undefined);
      return snapshots.open();
    },
    createCollectionViews: async (names) => createViews(await writer.connected(), names),
    claimAlone: writer.claimAlone,
    close: () => {
      closing ??= closeAll();
      return closing;
    },
  };
}

type Writer = {
  readonly connected: () => Promise<Client>;
  readonly isOwn: (processId: number) => boolean;
  readonly drop: () => void;
  readonly claimAlone: () => Promise<boolean>;
  readonly close: () => Promise<void>;
};

/** The one connection that commits go through. Its notifications are known by its backend's process id. */
function createWriter(config: ClientConfig): Writer {
  let client: Client | undefined;
  let processId: unknown;
  let claimed: Claim = "shared";
  const writer: Writer = {
    async connected() {
      if (client !== undefined) return client;
      const next = new Client({ ...config, pipeline: true });
      next.on("error", () => {
        if (client === next) client = undefined;
      });
      try {
        await next.connect();
        const { rows } = await next.query("select pg_backend_pid() as pid");
        // Acknowledged means durable, whatever the server's default; a process that stalls must not hold its locks for ever.
        await next.query(
          "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'",
        );
        await next.query("set idle_in_transaction_session_timeout = '10s'");
        processId = rows[0]?.pid;
        if (!(await claim(next, claimed))) throw new StoreFault("STORE_LOCKED", LOCKED);
      } catch (fault) {
        next.end().catch(() => {});
        throw databaseFault(fault);
      }
      client = next;
      return next;
    },
    isOwn: (sender) => sender === processId,
    drop() {
      const dropped = client;
      client = undefined;
      dropped?.end().catch(() => {});
    },
    async claimAlone() {
      if (!(await claimAlone(await writer.connected()))) return false;
      claimed = "alone";
      return true;
    },
    async close() {
      await client?.end();
      client = undefined;
    },
  };
  return writer;
}

const LOCKED =
  "another process has this database for itself (a restore, for instance); wait until it has ended, then start again";

/** Answers the notification channel, one per schema: several nodes may share a database. */
async function prepare(writer: Writer): Promise<string> {
  const client = await writer.connected();
  try {
    await createTable(client);
    const { rows } = await client.query("select current_schema() as name");
    return `heliu_${rows[0]?.name}`.slice(0, 60);
  } catch (fault) {
    writer.drop();
    throw databaseFault(fault);
  }
}

function newPool(config: ConstructorParameters<typeof Pool>[0]): Pool {
  const pool = new Pool({ ...config, connectionTimeoutMillis: 10_000 });
  // An idle connection that the server ends is not a fault of anybody; the pool makes another one.
  pool.on("error", () => {});
  return pool;
}

type Snapshots = {
  readonly open: () => Promise<Snapshot>;
  readonly clientOf: (snapshot: Snapshot) => Queryable;
  readonly close: () => Promise<void>;
};

/** Each snapshot is a read-only transaction on a connection of its own. */
function createSnapshots(pool: Pool): Snapshots {
  const clients = new Map<Snapshot, PoolClient>();
  return {
    async open() {
      const client = await pool.connect().catch((fault) => Promise.reject(databaseFault(fault)));
      await client.query("begin isolation level repeatable read read only");
      // The transaction's view is taken by its first query, not by BEGIN.
      await client.query("select 1 from kv limit 1");
      const snapshot: Snapshot = {
        async close() {
          if (!clients.delete(snapshot)) return;
          const ended = await client.query("rollback").then(
            () => undefined,
            (fault: Error) => fault,
          );
          client.release(ended);
        },
      };
      clients.set(snapshot, client);
      return snapshot;
    },
    clientOf(snapshot) {
      const client = clients.get(snapshot);
      if (client === undefined) throw new Error("the snapshot is closed, or of another store");
      return client;
    },
    async close() {
      await Promise.all([...clients.keys()].map((snapshot) => snapshot.close()));
      await pool.end();
    },
  };
}

async function getFrom(source: Queryable, key: Key): Promise<Uint8Array | undefined> {
  const values = [Buffer.from(key, "utf8")];
  const { rows } = await query(source, { name: "get", text: "select key, value from kv where key = $1", values });
  const [row] = rows;
  return row === undefined ? undefined : unseal(key, row.value);
}

/** One page is one statement, and so one state. Only what is longer needs a snapshot, and begins again in it. */
async function* scanAlone(source: Queryable, range: KeyRange, snapshots: Snapshots) {
  const limit = Math.min(range.limit ?? PAGE_ROWS, PAGE_ROWS);
  const rows = await pageOf(source, { ...range, limit });
  if (rows.length < PAGE_ROWS || range.limit === limit) {
    yield rows.map(entryOf);
    return;
  }
  const snapshot = await snapshots.open();
  try {
    yield* scan(snapshots.clientOf(snapshot), range);
  } finally {
    await snapshot.close();
  }
}

async function* scan(source: Queryable, range: KeyRange) {
  let left = range.limit ?? Number.POSITIVE_INFINITY;
  let rest: Omit<KeyRange, "limit"> = range;
  while (left > 0) {
    const limit = Math.min(left, PAGE_ROWS);
    const rows = await pageOf(source, { ...rest, limit });
    if (rows.length > 0) yield rows.map(entryOf);
    const last = rows.at(-1);
    if (last === undefined || rows.length < limit) return;
    left -= rows.length;
    const key = last.key.toString("utf8");
    rest = range.reverse ? { ...rest, to: key } : { ...rest, from: `${key}\0` };
  }
}

async function pageOf(source: Queryable, { from, to, reverse = false, limit }: KeyRange): Promise<readonly Row[]> {
  const direction = reverse ? "desc" : "asc";
  const text = `select key, value from kv where key >= $1 and key < $2 order by key ${direction} limit $3`;
  const values = [Buffer.from(from, "utf8"), Buffer.from(to, "utf8"), limit];
  return (await query(source, { name: `page-${direction}`, text, values })).rows;
}

async function query(source: Queryable, config: { name: string; text: string; values: unknown[] }) {
  try {
    return await source.query<Row>(config);
  } catch (fault) {
    throw databaseFault(fault);
  }
}

function entryOf({ key, value }: Row): readonly [Key, Uint8Array] {
  const name = key.toString("utf8");
  return [name, unseal(name, value)];
}

function databaseFault(fault: unknown): StoreFault {
  if (fault instanceof StoreFault) return fault;
  const message = `PostgreSQL did not do what was asked: ${fault instanceof Error ? fault.message : String(fault)}`;
  return new StoreFault("STORE_FAILED", message, { cause: fault });
}
