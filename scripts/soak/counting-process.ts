import { writeSync } from "node:fs";
import { openLevelStore } from "../../node/storage/level.ts";
import { StoreFault } from "../../node/storage/port.ts";

/**
 * A process that counts on a store, as fast as it can, and prints each count once it is acknowledged (`writer count nanoseconds`).
 * It ends by being killed, or with the fault codes of the first two refused commits.
 */
const WRITERS = 16;
const [directory = ""] = process.argv.slice(2);
const store = await openLevelStore(directory);

async function count(writer: number): Promise<string> {
  for (;;) {
    try {
      const n = await store.commit([`count/${writer}`, "total"], (found) => {
        const next = numberIn(found.get(`count/${writer}`)) + 1;
        const total = numberIn(found.get("total")) + 1;
        const put = new Map([
          [`count/${writer}`, Buffer.from(String(next))],
          ["total", Buffer.from(String(total))],
          [`filler/${writer}/${next}`, Buffer.alloc(200, writer)],
        ]);
        return { put, remove: new Set<string>(), result: next };
      });
      // Synchronous, so that nothing acknowledged is still in this process when it is killed.
      writeSync(1, `${writer} ${n} ${process.hrtime.bigint()}\n`);
    } catch (fault) {
      if (fault instanceof StoreFault) return fault.code;
      throw fault;
    }
  }
}

function numberIn(value: Uint8Array | undefined): number {
  return value === undefined ? 0 : Number(Buffer.from(value).toString());
}

const first = await Promise.all(Array.from({ length: WRITERS }, (_, writer) => count(writer)));
const again = await count(0);
const readable = (await store.get("total")) !== undefined;
writeSync(1, `${JSON.stringify({ first: [...new Set(first)], again, readable })}\n`);
