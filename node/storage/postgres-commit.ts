import { type ClientBase, DatabaseError } from "pg";
import { type DecidedGroup, decideGroup, type Pending } from "./group.ts";
import type { Key } from "./port.ts";
import { seal, unseal } from "./seal.ts";

/** Thrown away and decided again: another process was in between. */
const RERUN_CODES: ReadonlySet<string | undefined> = new Set([
  "40001", // serialization_failure
  "40P01", // deadlock_detected: only blind writes can meet in another order than the locks
  "22012", // division_by_zero: our own check in WRITE
]);
const MAX_RUNS = 50;

/** Row locks are taken in the order of the sort, so two groups that share keys never wait for each other in a circle. */
const LOCK = "select key, value from kv where key = any($1::bytea[]) order by key for update";

/**
 * $4 are the keys that were read as absent: if one exists by now, its insert meets a conflict, does nothing, is not counted,
 * and the division ends the transaction. Keys that were read as present are locked, so they cannot have gone.
 */
const WRITE = `
  with gone as (delete from kv where key = any($1::bytea[])),
  put as (
    insert into kv select * from unnest($2::bytea[], $3::bytea[]) as new (key, value) order by 1
    on conflict (key) do update set value = excluded.value where kv.key <> all($4::bytea[])
    returning 1
  )
  select 1 / (case when (select count(*) from put) = $5::int then 1 else 0 end), pg_notify($6, $7)`;

export type GroupCommit = {
  readonly client: ClientBase;
  readonly channel: string;
  readonly failPoint: (name: string) => void;
};

/**
 * One group as one transaction. Answers the decided group once it is durable. Read-committed is enough: what was read is
 * either locked or, when absent, guarded by an insert; so groups of several processes are as if one after the other.
 */
export async function commitGroup(deps: GroupCommit, group: readonly Pending[]): Promise<DecidedGroup> {
  for (let run = 1; ; run++) {
    try {
      return await runGroup(deps, group);
    } catch (fault) {
      await deps.client.query("rollback");
      const mayRerun = fault instanceof DatabaseError && RERUN_CODES.has(fault.code) && run < MAX_RUNS;
      if (!mayRerun) throw fault;
    }
  }
}

async function runGroup({ client, channel, failPoint }: GroupCommit, group: readonly Pending[]): Promise<DecidedGroup> {
  const keys = [...new Set(group.flatMap((pending) => pending.keys))];
  // The connection is in pipeline mode: both go out in one packet, which saves a round trip under locks.
  const [, locked] = await Promise.all([
    client.query("begin"),
    client.query<{ key: Buffer; value: Buffer }>({ name: "lock", text: LOCK, values: [keys.map(bytesOf)] }),
  ]);
  const found = new Map(locked.rows.map(({ key, value }) => [key.toString("utf8"), value]));
  const decided = decideGroup(group, (key) => {
    const sealed = found.get(key);
    return sealed === undefined ? undefined : unseal(key, sealed);
  });
  const { put, remove } = decided.writes;
  if (put.size + remove.size === 0) {
    await client.query("rollback");
    return decided;
  }
  failPoint("store.before-write");
  await write(client, channel, decided, new Set(keys.filter((key) => !found.has(key))));
  failPoint("store.after-write");
  return decided;
}

async function write(
  client: ClientBase,
  channel: string,
  { writes: { put, remove } }: DecidedGroup,
  absent: ReadonlySet<Key>,
): Promise<void> {
  // A key that was read as absent and stays so is put and deleted again: whoever creates it meanwhile waits for us, or we for him.
  const kept = [...absent].filter((key) => !put.has(key)).map(bytesOf);
  const newKeys = [...[...put.keys()].map(bytesOf), ...kept];
  const newValues = [...[...put].map(([key, value]) => seal(key, value)), ...kept.map(() => Buffer.alloc(0))];
  const gone = [...remove].filter((key) => !absent.has(key)).map(bytesOf);
  const touched = touchedOf(put.keys(), remove);
  const values = [gone, newKeys, newValues, [...absent].map(bytesOf), newKeys.length, channel, touched];
  const statements = [client.query({ name: "write", text: WRITE, values })];
  if (kept.length > 0) statements.push(client.query("delete from kv where key = any($1::bytea[])", [kept]));
  const [written, ...rest] = await Promise.allSettled([...statements, client.query("commit")]);
  for (const result of [written, ...rest]) if (result?.status === "rejected") throw result.reason;
}

/** A notification holds 8,000 bytes: names of collections fit, keys would not. Empty means: anything. */
function touchedOf(...keys: readonly Iterable<Key>[]): string {
  const names = new Set(keys.flatMap((some) => [...some].map(collectionOf)));
  const text = [...names].join(" ");
  return Buffer.byteLength(text) < 7_000 ? text : "";
}

function collectionOf(key: Key): string {
  const end = key.indexOf("/");
  return end === -1 ? "" : key.slice(0, end + 1);
}

function bytesOf(key: Key): Buffer {
  return Buffer.from(key, "utf8");
}
