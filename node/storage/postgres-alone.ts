import { type ClientBase, DatabaseError } from "pg";

/** Every process on a database holds this lock with the others; one that must be alone holds it for itself. */
const LOCK = "7261002, hashtext(current_schema())";
/** The server lets go of a closed connection's locks a moment after the client has gone. */
const WAIT_MS = 3_000;
const LOCK_NOT_AVAILABLE = "55P03";

export type Claim = "shared" | "alone";

/** False when others are there who exclude it. Held as long as the connection. */
export async function claim(client: ClientBase, how: Claim): Promise<boolean> {
  const suffix = how === "shared" ? "_shared" : "";
  await client.query(`set lock_timeout = ${WAIT_MS}`);
  try {
    await client.query(`select pg_advisory_lock${suffix}(${LOCK})`);
    return true;
  } catch (fault) {
    if (fault instanceof DatabaseError && fault.code === LOCK_NOT_AVAILABLE) return false;
    throw fault;
  } finally {
    await client.query("reset lock_timeout");
  }
}

/** From shared to alone, or back to shared where others stay. */
export async function claimAlone(client: ClientBase): Promise<boolean> {
  await client.query(`select pg_advisory_unlock_shared(${LOCK})`);
  if (await claim(client, "alone")) return true;
  await claim(client, "shared");
  return false;
}
