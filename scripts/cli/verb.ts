import type { Command } from "commander";
import { CliFault, type Connection, callJson, connectionOf } from "./client.ts";
import { note, print, say } from "./output.ts";

export type GlobalOptions = {
  readonly server?: string;
  readonly token?: string;
  readonly dir?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
};

/** What a verb's action gets: the connection, and one way to answer both people and machines. */
export type VerbContext = {
  readonly connection: () => Connection;
  readonly options: GlobalOptions;
  /** `--json` prints the value as one line; otherwise the text. */
  readonly answer: (value: unknown, text: () => string) => void;
};

export function contextOf(command: Command): VerbContext {
  const options = command.optsWithGlobals<GlobalOptions>();
  return {
    options,
    connection: () => connectionOf(options),
    answer: (value, text) => print(options.json === true ? JSON.stringify(value) : text()),
  };
}

/** Every verb's `--help` ends with an example. */
export function example(command: Command, ...lines: string[]): Command {
  return command.addHelpText("after", `\n示例 Example:\n${lines.map((line) => `  $ ${line}`).join("\n")}`);
}

/** For the verbs that work on the folder instead of the running node. */
export function folderOf(options: GlobalOptions): string {
  const dir = options.dir ?? process.env.HELIU_DIR;
  if (dir !== undefined) return dir;
  throw new CliFault(
    "CLI_NO_DIR",
    { zh: "请用 --dir 或 HELIU_DIR 指定节点目录。", en: "Name the node's folder with --dir or HELIU_DIR." },
    { exitCode: 2 },
  );
}

type Page<T> = { readonly items: readonly T[]; readonly next: string | null };

const PAGE = 200;

/** `--limit` of a list; the default is what fits a terminal. */
export function limited(command: Command, otherwise = "100"): Command {
  return command.option("--limit <n>", "最多列出多少条 how many at most", otherwise);
}

/** The first `--limit` items of a list, over as many pages as that takes; says so when there are more. */
export async function listed<T>(at: Connection, path: string, options: { readonly limit: string }): Promise<T[]> {
  const limit = wholeNumber("--limit", options.limit, { min: 1, max: 1_000_000 });
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: String(Math.min(PAGE, limit - items.length)) });
    if (cursor !== null) query.set("cursor", cursor);
    const page: Page<T> = await callJson<Page<T>>(at, `${path}${path.includes("?") ? "&" : "?"}${query}`);
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== null && items.length < limit);
  if (cursor !== null)
    note(
      say(`只列出前 ${items.length} 条,还有更多;可加大 --limit`, `The first ${items.length}; raise --limit for more`),
    );
  return items;
}

export function wholeNumber(name: string, text: string, { min, max }: { min: number; max: number }): number {
  const value = Number(text);
  if (/^[0-9]{1,9}$/.test(text) && value >= min && value <= max) return value;
  throw usage({
    zh: `${name} 应为 ${min} 到 ${max} 之间的整数,而不是 ${text};请改正。`,
    en: `${name} must be a whole number from ${min} to ${max}, not ${text}; correct it.`,
  });
}

export function usage(text: { readonly zh: string; readonly en: string }): CliFault {
  return new CliFault("CLI_USAGE", text, { exitCode: 2 });
}
