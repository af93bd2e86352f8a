import type { Command } from "commander";
import { must } from "../client.ts";
import { print, say } from "../output.ts";
import { contextOf, example, folderOf, wholeNumber } from "../verb.ts";

type InitOptions = { name: string; log: string[]; host: string; port: string };

export function witnessVerbs(program: Command): void {
  const witness = program
    .command("witness")
    .description("独立见证方(两区域联邦用)an independent witness, for federations of two regions");
  example(
    witness
      .command("init")
      .description("建立密钥与设置 its key and settings, in a folder of its own")
      .requiredOption("--name <name>", "见证方名称,惯例为主机加路径 its name, by custom a host and path")
      .requiredOption("--log <vkey...>", "所见证日志的公钥,见信任列表 logKey of the regions, from the trust list")
      .option("--host <host>", "监听地址 where it listens", "127.0.0.1")
      .option("--port <port>", "监听端口 its port", "8530"),
    "heliu witness init --name witness.example/heliu --log main/510100/log+… main/500000/log+… --dir /srv/witness",
  ).action(async (options: InitOptions, command: Command) => {
    const { answer, options: globals } = contextOf(command);
    const { initialiseWitness } = await import("../../../gateway/witness/folder.ts");
    const http = { host: options.host, port: wholeNumber("--port", options.port, { min: 0, max: 65_535 }) };
    const made = must(await initialiseWitness(folderOf(globals), { name: options.name, http, logs: options.log }));
    answer({ dir: made.dir, vkey: made.signer.vkey }, () =>
      [
        made.signer.vkey,
        say(
          `把它写入各节点 heliu.yaml 的 audit.witnesses(url、vkey),再 heliu witness serve --dir ${made.dir}`,
          `Put it into audit.witnesses (url, vkey) of each node's heliu.yaml, then heliu witness serve --dir ${made.dir}`,
        ),
      ].join("\n"),
    );
  });
  example(
    witness.command("show").description("显示公钥与所见证的日志 its key and the logs it watches"),
    "heliu witness show --dir /srv/witness",
  ).action(async (_options: unknown, command: Command) => {
    const { answer, options: globals } = contextOf(command);
    const { openWitnessFolder } = await import("../../../gateway/witness/folder.ts");
    const { name, http, logs, signer } = must(await openWitnessFolder(folderOf(globals)));
    answer({ name, http, logs, vkey: signer.vkey }, () => [signer.vkey, ...logs.map((vkey) => `  ${vkey}`)].join("\n"));
  });
  example(witness.command("serve").description("运行 run it"), "heliu witness serve --dir /srv/witness").action(
    async (_options: unknown, command: Command) => {
      const { options: globals } = contextOf(command);
      const { openWitnessFolder } = await import("../../../gateway/witness/folder.ts");
      const { serveWitness } = await import("../../../gateway/witness/main.ts");
      const { createLogger } = await import("../../../node/logging.ts");
      const folder = must(await openWitnessFolder(folderOf(globals)));
      const running = await serveWitness(folder, createLogger("info", { witness: folder.name }));
      print(running.url);
      await new Promise<void>((resolve) => {
        process.once("SIGTERM", resolve);
        process.once("SIGINT", resolve);
      });
      await running.stop();
    },
  );
}
