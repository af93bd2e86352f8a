// The one way of this room to Node's crypto: a password hash has to be slow on purpose, and scrypt is built in.
// biome-ignore lint/style/noRestrictedImports: no I/O; a pure function of its input that runs on another thread
import { scrypt, timingSafeEqual } from "node:crypto";

/** 128 MiB and about 0.4 s each; a guesser pays the same. */
const COST = 2 ** 17;
const BLOCK_SIZE = 8;
const PARALLEL = 1;
const MAX_MEMORY_BYTES = 256 * 1_048_576;
const HASH_BYTES = 32;
/** Two take 256 MiB; more at a time could drive a small machine out of memory. */
const AT_A_TIME = 2;
/** Further sign-ins are turned away: a queue of minutes helps nobody but an attacker. */
const MAX_WAITING = 16;

export type PasswordHasher = {
  /** `scrypt$<log2 N>$<r>$<p>$<salt>$<hash>`; undefined when too many are waiting. */
  readonly hash: (password: string, salt: Uint8Array) => Promise<string | undefined>;
  /** undefined when too many are waiting. */
  readonly matches: (password: string, stored: string) => Promise<boolean | undefined>;
};

export function createPasswordHasher(cost = COST): PasswordHasher {
  let running = 0;
  const waiting: (() => void)[] = [];
  const derive = async (password: string, salt: Uint8Array, n: number): Promise<Buffer | undefined> => {
    if (running >= AT_A_TIME) {
      if (waiting.length >= MAX_WAITING) return undefined;
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await run(password, salt, n);
    } finally {
      const next = waiting.shift();
      // The place is handed on rather than freed, so that nobody slips in between.
      if (next === undefined) running -= 1;
      else next();
    }
  };
  return {
    async hash(password, salt) {
      const hash = await derive(password, salt, cost);
      if (hash === undefined) return undefined;
      const parameters = [Math.log2(cost), BLOCK_SIZE, PARALLEL].join("$");
      return `scrypt$${parameters}$${Buffer.from(salt).toString("base64")}$${hash.toString("base64")}`;
    },
    async matches(password, stored) {
      const [scheme, logCost, r, p, salt, hash] = stored.split("$");
      if (scheme !== "scrypt" || r !== String(BLOCK_SIZE) || p !== String(PARALLEL) || hash === undefined) return false;
      const found = await derive(password, Buffer.from(salt ?? "", "base64"), 2 ** Number(logCost));
      return found === undefined ? undefined : timingSafeEqual(found, Buffer.from(hash, "base64"));
    },
  };
}

function run(password: string, salt: Uint8Array, N: number): Promise<Buffer> {
  const options = { N, r: BLOCK_SIZE, p: PARALLEL, maxmem: MAX_MEMORY_BYTES };
  // The same password typed on two systems may be composed differently; NFKC makes them one (RFC 8265).
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFKC"), salt, HASH_BYTES, options, (fault, key) =>
      fault ? reject(fault) : resolve(key),
    );
  });
}
