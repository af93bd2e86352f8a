import { Client } from "pg";
import { inject } from "vitest";

/** Makes, copies and drops databases, one statement after the other. */
export async function sql(...texts: readonly string[]): Promise<void> {
  const client = new Client(inject("postgresUrl"));
  await client.connect();
  try {
    for (const text of texts) await client.query(text);
  } finally {
    await client.end();
  }
}

/** Where a node finds a database that a test made for it. */
export function urlOf(database: string): string {
  return inject("postgresUrl").replace(/\/postgres$/, `/${database}`);
}
