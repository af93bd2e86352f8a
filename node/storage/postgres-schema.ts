import { type ClientBase, escapeIdentifier, escapeLiteral } from "pg";

/** Any number; it keeps replicas that start together from creating the table at the same instant, which PostgreSQL refuses. */
const SCHEMA_LOCK = 7_261_001;

/** Keys and values are `bytea`: no collation reorders a key, and bytes that were signed come back unchanged. */
export async function createTable(client: ClientBase): Promise<void> {
  await inSchemaLock(client, [
    "create table if not exists kv (key bytea primary key, value bytea not null)",
    // The seal is 4 bytes. A record that is not JSON (a leaf, a tile) is shown in hex, so that one does not spoil the view.
    `create or replace function kv_document(sealed bytea) returns jsonb language plpgsql immutable as $$
     begin
       return convert_from(substring(sealed from 5), 'UTF8')::jsonb;
     exception when others then
       return jsonb_build_object('hex', encode(substring(sealed from 5), 'hex'));
     end $$`,
  ]);
}

/**
 * One read-only view per collection, for a bureau's own reports: `negotiation_by_peer (id text, document jsonb)`. `id` is the
 * key after the collection's name, its parts joined by `/`.
 */
export async function createViews(client: ClientBase, names: readonly string[]): Promise<void> {
  await inSchemaLock(client, names.map(viewOf));
}

function viewOf(name: string): string {
  const bytes = (text: string) => `${escapeLiteral(`\\x${Buffer.from(text, "utf8").toString("hex")}`)}::bytea`;
  const prefix = `${name}/`;
  return `create or replace view ${escapeIdentifier(name.replaceAll(/[^a-z0-9]/g, "_"))} as
    select convert_from(substring(key from ${Buffer.byteLength(prefix) + 1}), 'UTF8') as id, kv_document(value) as document
    from kv where key >= ${bytes(prefix)} and key < ${bytes(`${name}0`)}`;
}

async function inSchemaLock(client: ClientBase, statements: readonly string[]): Promise<void> {
  await client.query("begin");
  try {
    await client.query("select pg_advisory_xact_lock($1)", [SCHEMA_LOCK]);
    for (const statement of statements) await client.query(statement);
    await client.query("commit");
  } catch (fault) {
    await client.query("rollback");
    throw fault;
  }
}
