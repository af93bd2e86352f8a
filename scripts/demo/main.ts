import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Command } from "commander";
import type { Role } from "../../node/identity/model.ts";
import { note, say } from "../cli/output.ts";
import { StepFailed, tell } from "./narrate.ts";
import { addPeople, type DemoRegion, makeRegion, startRegion, stopRegion } from "./region.ts";
import { playStory } from "./story.ts";
import { foundTrust } from "./trust.ts";

const options = new Command("demo")
  .description("成都与重庆两个节点真实交换数据并结算 two regions exchange data and settle")
  .option("--once", "走完全程后退出 play the story once and exit")
  .option("--json", "最后在标准输出打印一个 JSON 对象 print one JSON object at the end")
  .option("--dir <folder>", "数据目录,默认为新的临时目录 where the data lives")
  .option("--port-base <port>", "重庆的起始端口,成都为其后十个 first port of 重庆; 成都 takes the next ten", "8500")
  .parse()
  .opts<{ once?: boolean; json?: boolean; dir?: string; portBase: string }>();

const root = options.dir === undefined ? mkdtempSync(join(tmpdir(), "heliu-demo-")) : resolve(options.dir);
mkdirSync(root, { recursive: true });
const regions: DemoRegion[] = [];
let stopping: Promise<void> | undefined;

function stopAll(): Promise<void> {
  stopping ??= Promise.all(regions.map((region) => stopRegion(region))).then(() => {});
  return stopping;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    note(say("\n正在停止两个节点…", "\nStopping both nodes…"));
    void stopAll().then(() => {
      if (options.dir === undefined) rmSync(root, { recursive: true, force: true });
      process.exit(signal === "SIGINT" ? 130 : 143);
    });
  });
}
// Whatever ends this process, the nodes must not outlive it.
process.on("exit", () => {
  for (const region of regions) region.process?.kill("SIGKILL");
});

try {
  const base = Number(options.portBase);
  tell(
    "建立两个区域的节点:各自的目录、CA、密钥和存储",
    "Making two nodes, each with its own folder, CA, keys and store",
  );
  regions.push(await makeRegion(root, "510100", "成都市", base + 10), await makeRegion(root, "500000", "重庆市", base));
  const [chengdu, chongqing] = regions as [DemoRegion, DemoRegion];
  const digest = await foundTrust(root, [chengdu, chongqing]);
  tell(
    `信任列表第 1 版,由两地共同签署(2/2),各自按摘要核对后安装:${digest.slice(0, 23)}…`,
    `Trust list version 1, signed by both regions (2 of 2), installed after comparing its digest: ${digest.slice(0, 23)}…`,
  );
  const started = await Promise.all([startRegion(chengdu), startRegion(chongqing)]);
  tell(
    `两个进程已就绪(${started.map((ms) => `${Math.round(ms)} 毫秒`).join("、")}),之间只有双向 TLS`,
    `Both processes are ready (${started.map((ms) => `${Math.round(ms)} ms`).join(", ")}), with mutual TLS between them only`,
  );
  await Promise.all([addPeople(chengdu), addPeople(chongqing)]);
  const result = await playStory(root, chengdu, chongqing);
  if (options.json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
  if (options.once === true) {
    await stopAll();
    process.exitCode = result.ok ? 0 : 1;
  } else {
    invite([chengdu, chongqing]);
  }
} catch (fault) {
  note(fault instanceof StepFailed ? `\n✗ ${fault.message}` : `\n✗ ${(fault as Error).stack ?? fault}`);
  note(say(`日志在 ${root}/<区域>/node.log`, `Logs are in ${root}/<region>/node.log`));
  if (options.json === true)
    process.stdout.write(`${JSON.stringify({ ok: false, error: String((fault as Error).message) })}\n`);
  await stopAll();
  process.exitCode = 1;
}

function invite(all: readonly DemoRegion[]): void {
  note("");
  for (const region of all) {
    note(say(`${region.name}控制台  ${region.api}/console/`, `Console of ${region.name}  ${region.api}/console/`));
    for (const [role, token] of Object.entries(region.tokens) as [Role, string][])
      note(`  ${role.padEnd(10)} ${token}`);
  }
  note(
    say(
      "\n用上面的令牌登录。按 Ctrl-C 结束,不留下任何进程。",
      "\nSign in with one of these tokens. Ctrl-C ends it and leaves no process behind.",
    ),
  );
}
