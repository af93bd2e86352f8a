import type { Command } from "commander";
import type { NodeConfig } from "../../../node/config.ts";
import type { RestoreReport } from "../../../node/restore/restore-node.ts";
import { CliFault, connectionOf, must } from "../client.ts";
import { language, note, print, progress, say } from "../output.ts";
import { contextOf, example, folderOf } from "../verb.ts";

export function backupVerbs(program: Command): void {
  example(
    program
      .command("backup")
      .description("在线备份:记录、密钥、设置、收到的文件 a consistent backup while the node serves")
      .requiredOption("--out <folder>", "备份写到哪个新目录 a new folder for it")
      .option("--stopped", "节点未运行,直接读取存储 the node is stopped: read its store directly"),
    "heliu backup --out /backup/2026-11-23 --dir /srv/heliu",
  ).action(async (options: { out: string; stopped?: boolean }, command: Command) => {
    const { answer, options: globals } = contextOf(command);
    const dir = folderOf(globals);
    const config = await configOf(dir);
    const { takeBackup } = await import("../backup.ts");
    const bar = progress(say("备份", "backup"));
    const connection = options.stopped === true ? undefined : connectionOf(globals);
    const manifest = await takeBackup(config, options.out, connection, bar.update).finally(bar.end);
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    answer({ out: options.out, files: manifest.files.length, bytes, at: manifest.at }, () =>
      say(
        `已备份到 ${options.out}:${manifest.files.length} 个文件,${bytes} 字节。其中含全部私钥,请按 CA 私钥的要求保管。管理员令牌(token)不在其中,请另行保管。`,
        `Backed up to ${options.out}: ${manifest.files.length} files, ${bytes} bytes. It holds every private key; keep it as the CA's key is kept. An administrator's token is not in it; keep one elsewhere.`,
      ),
    );
  });
  example(
    program
      .command("restore")
      .description(
        "恢复:先放回备份(可选),再从其他区域取回其后签署的内容 lay a backup, then take back from peers what was signed since",
      )
      .option(
        "--from <folder>",
        "heliu backup 的目录;缺省则修复本目录 a backup; without it the folder itself is mended",
      )
      .option("--without <region...>", "不询问这些地区 regions that are not asked"),
    "heliu restore --from /backup/2026-11-23 --dir /srv/heliu",
    "heliu restore --dir /srv/heliu",
  ).action(async (options: { from?: string; without?: string[] }, command: Command) => {
    const { options: globals } = contextOf(command);
    const dir = folderOf(globals);
    const bar = progress(say("恢复", "restore"));
    try {
      if (options.from !== undefined) await lay(options.from, dir, bar.update);
      const report = await restore(await configOf(dir), options.without ?? [], bar.update);
      bar.end();
      tell(report, globals.json === true);
    } finally {
      bar.end();
    }
  });
}

async function configOf(dir: string): Promise<NodeConfig> {
  const { loadConfig } = await import("../../../node/config.ts");
  return must(loadConfig({ dir, environment: process.env }));
}

async function lay(from: string, dir: string, onProgress: (what: string) => void): Promise<void> {
  const { checkBackup, layBackup } = await import("../backup.ts");
  const { loadConfig } = await import("../../../node/config.ts");
  const manifest = await checkBackup(from, onProgress);
  await layBackup(manifest, from, dir, () => must(loadConfig({ dir, environment: process.env })), onProgress);
}

/** Twice the same node: once to take back, once more to sign under the new log's name and to tell the peers. */
async function restore(config: NodeConfig, without: readonly string[], onProgress: (what: string) => void) {
  const { composeNode } = await import("../../../node/compose.ts");
  const { silentLogger } = await import("../../../node/kernel/logger.ts");
  const { explainStart, StartFault } = await import("../../../node/serve.ts");
  const open = () =>
    composeNode(config, { logger: silentLogger }).catch((fault: unknown) => {
      const { code, text } = fault instanceof StartFault ? fault.error : explainStart(fault, config);
      throw new CliFault(code, text);
    });
  const node = await open();
  const result = await node
    .restore({ without, onProgress: ({ stage, peer = "", done = "" }) => onProgress(`${stage} ${peer} ${done}`) })
    .finally(() => node.stop());
  const report = must(result);
  if (report.outcome === "restored") {
    const again = await open();
    await again.announceLog().finally(() => again.stop());
  }
  return report;
}

function tell(report: RestoreReport, isJson: boolean): void {
  if (isJson) {
    print(JSON.stringify(report));
    return;
  }
  if (report.outcome === "current") {
    print(
      say(
        `本机数据与各地区所见一致(${report.kept} 条),无需取回;可以启动节点。`,
        `This disk leads to everything peers have seen (${report.kept} entries); nothing to take back, the node may start.`,
      ),
    );
    return;
  }
  const { taken, kept, signed, origin, isNewLog } = report;
  const counts = Object.entries(taken).map(([kind, count]) => `${kind} ${count}`);
  const log = isNewLog ? say(`新日志为 ${origin}。`, `The log goes on as ${origin}. `) : "";
  print(
    say(
      `已恢复:本机有 ${kept} 条审计记录,其他地区见过 ${signed ?? 0} 条;取回 ${counts.join("、") || "0"}。${log}可以启动节点。`,
      `Restored: this disk had ${kept} audit entries, peers had seen ${signed ?? 0}; taken back: ${counts.join(", ") || "nothing"}. ${log}The node may start.`,
    ),
  );
  for (const { kind, peer, error } of report.refused)
    note(`${kind} ← ${peer}: ${error.text[language()]} [${error.code}]`);
  if (taken.entry !== undefined) {
    note(
      say(
        "取回的目录条目等待审批人确认(heliu tasks list)。",
        "Entries taken back wait for an approver (heliu tasks list).",
      ),
    );
  }
}
