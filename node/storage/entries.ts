import type { Entry } from "./port.ts";

/** `range` for a store that reads in pages. */
export async function* entriesOf(pages: AsyncIterable<readonly Entry[]>): AsyncGenerator<Entry, void, undefined> {
  for await (const page of pages) for (const entry of page) yield entry;
}
