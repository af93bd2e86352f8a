import { parseVkey, vkeyUnder } from "./note.ts";

/**
 * A region's log is known by the name in the trust list, `<node name>/<region>/log`. After a restore it goes on as `…/log-2`,
 * `…/log-3`, under the same key: a new list is not needed, and no two histories ever share a name. Source: trust.md §4.
 */
export type WatchedLog = { readonly region: string; readonly logVkey: string };

export type NamedLog = {
  readonly region: string;
  /** The name in the trust list. */
  readonly base: string;
  readonly generation: number;
  readonly origin: string;
  /** The key in the trust list, under this generation's name. */
  readonly vkey: string;
};

export function originIn(base: string, generation: number): string {
  return generation === 1 ? base : `${base}-${generation}`;
}

/** Which of the watched logs, and which generation of it, has this origin. */
export function namedLog(logs: readonly WatchedLog[], origin: string): NamedLog | undefined {
  for (const { region, logVkey } of logs) {
    const key = parseVkey(logVkey);
    if (!key.ok) continue;
    const base = key.value.name;
    const generation = generationOf(base, origin);
    const vkey = generation === undefined ? undefined : vkeyUnder(logVkey, origin);
    if (generation !== undefined && vkey !== undefined) return { region, base, generation, origin, vkey };
  }
  return undefined;
}

function generationOf(base: string, origin: string): number | undefined {
  if (origin === base) return 1;
  const number = origin.startsWith(`${base}-`) ? origin.slice(base.length + 1) : "";
  return /^([2-9]|[1-9][0-9]{1,3})$/.test(number) ? Number(number) : undefined;
}
