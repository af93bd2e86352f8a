import type { Command } from "commander";
import { CliFault } from "../client.ts";
import { initialiseNode } from "../initialise.ts";
import { aligned, say } from "../output.ts";
import { contextOf, example, folderOf, usage, wholeNumber } from "../verb.ts";

type InitOptions = {
  region: string;
  name: string;
  node: string;
  httpPort: string;
  rpcPort: string;
  dspPort: string;
  host?: string;
  storage?: string;
  trustList?: string;
  digest?: string;
};

/** The verbs that need the node's folder instead of its API: init, serve, doctor. */
export function nodeVerbs(program: Command): void {
  example(
    program
      .command("init")
      .description("建立新节点 a new node: settings, region CA, keys, first leaf, empty store, first administrator")
      .requiredOption("--region <id>", "行政区划代码 six-digit division code")
      .requiredOption("--name <name>", "区域名称 the region's name")
      .option("--node <name>", "节点名称 the node's name", "main")
      .option("--host <host>", "其他区域用来访问本节点的主机名或地址 how other regions reach this node (127.0.0.1)")
      .option("--http-port <port>", "控制台与 API console and API", "8510")
      .option("--rpc-port <port>", "区域之间 gRPC between regions", "8511")
      .option("--dsp-port <port>", "数据空间协议 Dataspace Protocol", "8512")
      .option("--storage <url>", "postgres://…,默认存于目录 keep the records in PostgreSQL instead of the folder")
      .option("--trust-list <file>", "首份信任列表 the first trust list")
      .option("--digest <digest>", "经其他渠道核对过的摘要 its digest, compared out of band"),
    "heliu init --region 510100 --name 成都市 --dir /srv/heliu",
    "heliu init --region 510100 --name 成都市 --host node.chengdu.example --dir /srv/heliu",
  ).action(async (options: InitOptions, command: Command) => {
    const { answer, options: globals } = contextOf(command);
    if ((options.trustList === undefined) !== (options.digest === undefined))
      throw usage({
        zh: "--trust-list 与 --digest 须一起给出:首份列表只凭线下核对过的摘要采信。",
        en: "Give --trust-list and --digest together: a first list counts only by a digest compared out of band.",
      });
    const made = await initialiseNode({
      dir: folderOf(globals),
      region: { id: options.region, name: options.name },
      nodeName: options.node,
      ports: { http: portOf(options.httpPort), rpc: portOf(options.rpcPort), dsp: portOf(options.dspPort) },
      ...(options.host === undefined ? {} : { host: options.host }),
      ...(options.storage === undefined ? {} : { storageUrl: options.storage }),
      ...(options.trustList === undefined
        ? {}
        : { trustList: { file: options.trustList, digest: options.digest ?? "" } }),
    });
    answer(made, () =>
      [
        say(`节点已建立:${made.dir}`, `The node is ready in ${made.dir}`),
        say(`区域信息(交给信任列表):${made.regionFile}`, `Its entry for the trust list: ${made.regionFile}`),
        say(
          `管理员令牌已存入 ${made.tokenFile}(权限 0600)`,
          `The administrator's token is in ${made.tokenFile} (mode 0600)`,
        ),
        options.trustList === undefined
          ? say(
              `下一步:把区域信息交给发起方拟定信任列表(heliu trust propose),再 heliu trust install … --dir ${made.dir}`,
              `Next: give that entry to the founders for a trust list (heliu trust propose), then heliu trust install … --dir ${made.dir}`,
            )
          : say(`下一步:heliu serve --dir ${made.dir}`, `Next: heliu serve --dir ${made.dir}`),
      ].join("\n"),
    );
  });
  serveVerb(program);
  example(
    program.command("doctor").description("检查配置、时钟、存储、证书、端口、对端 check the node"),
    "heliu doctor --dir /srv/heliu",
  ).action(async (_options: unknown, command: Command) => {
    const { answer, options } = contextOf(command);
    const { examine } = await import("../examine.ts");
    const findings = await examine(folderOf(options));
    answer(findings, () => aligned(findings.map(({ ok, check, text }) => [`${ok ? "✓" : "✗"} ${check}`, text])));
    if (findings.some((finding) => !finding.ok)) process.exitCode = 1;
  });
}

const portOf = (text: string): number => wholeNumber("--*-port", text, { min: 0, max: 65_535 });

function serveVerb(program: Command): void {
  example(
    program
      .command("serve")
      .description("运行节点:gRPC、HTTP、后台任务 the whole node")
      .option(
        "--config <file>",
        "默认为目录中的 heliu.yaml settings, by default heliu.yaml of the folder (HELIU_CONFIG)",
      )
      .option("--headless", "只运行 gRPC,不开 HTTP gRPC only"),
    "heliu serve --dir /srv/heliu",
  ).action(async (options: { config?: string; headless?: boolean }, command: Command) => {
    const { options: globals } = contextOf(command);
    const { loadConfig } = await import("../../../node/config.ts");
    const file = options.config ?? process.env.HELIU_CONFIG;
    const config = loadConfig({
      dir: folderOf(globals),
      ...(file === undefined ? {} : { file }),
      environment: process.env,
    });
    if (!config.ok) throw new CliFault(config.error.code, config.error.text, { exitCode: 2 });
    const { serve } =
      options.headless === true ? await import("../../../node/main.ts") : await import("../../../gateway/main.ts");
    await serve(config.value);
  });
}
