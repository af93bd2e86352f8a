import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, Option } from "commander";
import { type FaultKind, faultKinds, soakClosing } from "./closing.ts";
import { soakDecisions } from "./decisions.ts";
import { soakJournals } from "./journals.ts";
import { type KillPoint, readPoint, type SoakReport, soakKills } from "./kills.ts";
import { makeMaterial } from "./material.ts";
import { soakNetwork } from "./network.ts";
import { soakPayments } from "./payments.ts";
import { soakPowerCut } from "./power-cut.ts";
import { soakSim } from "./simulation.ts";

type ClosingFlags = {
  readonly seed: string;
  readonly faults?: string;
  readonly each: string;
  readonly part: string;
  readonly by: "commit" | "syscall";
  readonly only?: FaultKind;
};
type Options = { readonly seed: string; readonly n?: string; readonly at?: string };

const seeded = (verb: Command, n: string) =>
  verb
    .option("--seed <seed>", "同一种子重复同一次试验 repeats the same trials", String(Date.now()))
    .option("--n <n>", "", n);

const program = new Command("soak").description(
  "长时间试验:两个真实节点走完演示的全程,期间不断出错 two real nodes play the demo's story while things fail",
);
seeded(program.command("kills").description("在选定的时刻 kill -9 其中一个节点 kill -9 at chosen points"), "50")
  .addOption(new Option("--at <point>", "只试这一处 only this point, such as chengdu@120"))
  .action((options: Options) =>
    run((material) => soakKills(material, { ...counted(options), only: pointOf(options) })),
  );
seeded(program.command("network").description("链路中断、半开、变慢 links are cut, half open, slow"), "10").action(
  (options: Options) => run((material) => soakNetwork(material, counted(options))),
);
seeded(
  program.command("sim").description("模拟若干周:虚拟时间里的两个区域 simulated weeks of two regions"),
  "100",
).action((options: Options) => run(() => soakSim(counted(options))));
seeded(
  program
    .command("power-cut")
    .description("写盘中途断电:独立的 ext4,需 root the power of an ext4 of its own is cut; root"),
  "14",
).action((options: Options) => run((_, dir) => soakPowerCut({ ...counted(options), dir })));
seeded(
  program
    .command("payments")
    .description("一万笔混乱的收付款:准确率与召回率 10,000 messy payments: precision and recall"),
  "1",
).action((options: Options) => run(() => soakPayments(counted(options))));
seeded(
  program.command("decisions").description("按记录的输入重做决定 decisions made again from their recorded inputs"),
  "100000",
).action((options: Options) => run(() => soakDecisions(counted(options))));
program
  .command("closing")
  .description("关账途中每次提交或每次写盘处断电、出错 a period closes while one commit or system call fails")
  .option("--seed <seed>", "同一种子重复同一次试验 repeats the same trials", String(Date.now()))
  .option("--faults <n>", "只试这么多处 only so many places, instead of all")
  .addOption(new Option("--by <kind>", "在哪里出错 where it fails").choices(["commit", "syscall"]).default("commit"))
  .addOption(new Option("--only <kind>", "只试这一种 only faults of this kind").choices(faultKinds))
  .option("--each <n>", "一次关账里接连出错几次 so many faults in one closing", "1")
  .option("--part <i/n>", "分几次跑完 in pieces: the i-th of n", "1/1")
  .action(({ seed, faults, each, part, by, only }: ClosingFlags) =>
    run((material, dir) => {
      const count = faults === undefined ? undefined : counted({ seed, n: faults }).n;
      return soakClosing(material, {
        seed,
        faults: count,
        each: counted({ seed, n: each }).n,
        part: partOf(part),
        by,
        only,
        dir,
      });
    }),
  );
program
  .command("journals")
  .description("ledger、hledger、beancount 读出一个季度的每个余额 three programs read every balance of a quarter")
  .option("--seed <seed>", "同一种子同一季度 the same quarter for the same seed", String(Date.now()))
  .option("--postings <n>", "", "50000")
  .action(({ seed, postings }: { readonly seed: string; readonly postings: string }) =>
    run((_, dir) => soakJournals({ seed, postings: counted({ seed, n: postings }).n, dir })),
  );
await program.parseAsync();

function counted({ seed, n }: Options): { seed: string; n: number } {
  const count = Number(n);
  if (!Number.isSafeInteger(count) || count < 1) program.error(`--n ${n}: a whole number from 1`, { exitCode: 2 });
  return { seed, n: count };
}

function partOf(text: string): { number: number; of: number } {
  const [number = 0, of = 0] = text.split("/").map(Number);
  if (/^[1-9][0-9]*\/[1-9][0-9]*$/.test(text) && number <= of) return { number, of };
  return program.error(`--part ${text}: such as 2/5`, { exitCode: 2 });
}

function pointOf({ at }: Options): KillPoint | undefined {
  if (at === undefined) return undefined;
  const point = readPoint(at);
  return point ?? program.error(`--at ${at}: such as chengdu@120 or chongqing@outbox.after-send:3`, { exitCode: 2 });
}

async function run(
  soak: (material: ReturnType<typeof makeMaterial>, dir: string) => Promise<SoakReport>,
): Promise<void> {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  const dir = mkdtempSync(join(tmpdir(), "heliu-soak-material-"));
  process.on("exit", () => rmSync(dir, { recursive: true, force: true }));
  const report = await soak(makeMaterial(dir), dir);
  process.stdout.write(`${JSON.stringify(report)}\n`);
  process.exitCode = report.ok ? 0 : 1;
}
