import type { Command } from "commander";
import { CliFault, type Connection, connectionOf } from "./client.ts";
import { print } from "./output.ts";

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
