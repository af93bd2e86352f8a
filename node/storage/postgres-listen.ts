import { Client, type ClientConfig } from "pg";
import type { Watchers } from "./watchers.ts";

export type Listener = { readonly close: () => Promise<void> };

const RECONNECT_MS = 1_000;

/**
 * Wakes watchers for what other processes committed. The first connection must succeed; when it is lost later it is made
 * anew, and everybody is woken, since nobody knows what was missed.
 *
 * @param isOwn tells the backend of this process's own commits, which have woken their watchers already
 */
export async function listen(
  config: ClientConfig,
  channel: string,
  watchers: Watchers,
  isOwn: (processId: number) => boolean,
): Promise<Listener> {
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  let client = await connect();

  async function connect(): Promise<Client> {
    const next = new Client(config);
    next.on("error", () => {});
    next.on("end", reconnectLater);
    next.on("notification", ({ processId, payload = "" }) => {
      if (isOwn(processId)) return;
      for (const prefix of payload.split(" ")) watchers.touchedBelow(prefix);
    });
    await next.connect();
    await next.query(`listen ${next.escapeIdentifier(channel)}`);
    return next;
  }

  function reconnectLater(): void {
    if (isClosed) return;
    clearTimeout(timer);
    timer = setTimeout(async () => {
      try {
        client = await connect();
        watchers.touchedBelow("");
      } catch {
        reconnectLater();
      }
    }, RECONNECT_MS);
    timer.unref();
  }

  return {
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await client.end();
    },
  };
}
