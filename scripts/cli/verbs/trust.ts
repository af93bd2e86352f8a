import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { createFounder, signTrustList } from "../../../certs/founder.ts";
import { diffLists } from "../../../node/identity/list-difference.ts";
import type { SignedTrustList, TrustedRegion, TrustList } from "../../../node/identity/model.ts";
import { verifyTrustList } from "../../../node/identity/trust-list.ts";
import { type Canonical, digestOf } from "../../../node/kernel/canonical-json.ts";
import { instantOf } from "../../../node/kernel/instant.ts";
import { CliFault, callJson } from "../client.ts";
import { readJsonFile, readTextFile } from "../files.ts";
import { installTrustList } from "../initialise.ts";
import { say } from "../output.ts";
import { contextOf, example, folderOf } from "../verb.ts";

const DAY_MS = 86_400_000;

/** The k-of-n trust list: proposed from regions' entries, signed by founders off the node, published to nodes. */
export function trustVerbs(program: Command): void {
  const trust = program.command("trust").description("信任列表 the trust list");
  founderVerb(trust);
  proposeVerb(trust);
  signVerb(trust);
  showVerbs(trust);
  example(
    trust
      .command("install <file>")
      .description("为尚无列表的节点放置首份列表,下次启动时生效 a node's first list, adopted at its next start")
      .requiredOption("--digest <digest>", "经其他渠道核对过的摘要 compared out of band"),
    "heliu trust install trust-list.json --digest sha256:… --dir /srv/heliu",
  ).action((file: string, options: { digest: string }, command: Command) => {
    const { answer, options: globals } = contextOf(command);
    const dir = folderOf(globals);
    installTrustList(dir, { file, digest: options.digest });
    answer({ dir, digest: options.digest }, () => say(`已放置,下次启动时生效`, "In place; adopted at the next start"));
  });
  example(
    trust.command("publish <file>").description("交给运行中的节点 hand a signed list to the running node"),
    "heliu trust publish trust-list.json",
  ).action(async (file: string, _options: unknown, command: Command) => {
    const { connection, answer } = contextOf(command);
    const done = await callJson<{ version: string; digest: string; diff: string[] }>(connection(), "/trust", {
      body: readJsonFile(file),
    });
    answer(done, () =>
      [say(`第 ${done.version} 版已生效`, `Version ${done.version} is in force`), ...done.diff].join("\n"),
    );
  });
}

function founderVerb(trust: Command): void {
  example(
    trust
      .command("founder <id>")
      .description("生成发起方密钥,请离线保存 make a founder's key; keep it off every node")
      .requiredOption("--out <file>", "私钥文件 the private key"),
    "heliu trust founder 510100 --out founder-510100.pem > founder-510100.json",
  ).action((id: string, options: { out: string }, command: Command) => {
    const founder = createFounder(id);
    writeFileSync(options.out, founder.keyPem, { mode: 0o600, flag: "wx" });
    contextOf(command).answer(founder.entry, () => JSON.stringify(founder.entry, undefined, 2));
  });
}

type ProposeOptions = {
  region: string[];
  founder: string[];
  threshold: string;
  days: string;
  from?: string;
  out: string;
};

function proposeVerb(trust: Command): void {
  example(
    trust
      .command("propose")
      .description("由各区域信息拟定新版列表 a new list from the regions' entries")
      .requiredOption("--region <file...>", "各节点的 trust/region.json")
      .requiredOption("--founder <file...>", "各发起方的公钥信息 the founders' entries")
      .requiredOption("--threshold <k>", "至少几方签署 how many founders must sign")
      .option("--days <n>", "有效天数,至多 90 validity in days", "60")
      .option("--from <file>", "现行列表 the list in force")
      .requiredOption("--out <file>"),
    "heliu trust propose --region a/trust/region.json b/trust/region.json --founder fa.json fb.json --threshold 2 --out trust-list.json",
  ).action((options: ProposeOptions, command: Command) => {
    const before = options.from === undefined ? undefined : readJsonFile<SignedTrustList>(options.from).list;
    const nowMs = Date.now();
    const list: TrustList = {
      format: "heliu.trust-list.v1",
      version: before === undefined ? "1" : String(BigInt(before.version) + 1n),
      issuedAt: instantOf(nowMs),
      expiresAt: instantOf(nowMs + Number(options.days) * DAY_MS),
      threshold: options.threshold,
      founders: options.founder.map((file) => readJsonFile(file)),
      regions: options.region.map((file) => readJsonFile<TrustedRegion>(file)),
      revoked: before?.revoked ?? [],
    };
    writeFileSync(options.out, JSON.stringify({ list, signatures: [] }, undefined, 2));
    const digest = digestOf(list as unknown as Canonical);
    contextOf(command).answer({ file: options.out, digest, diff: diffLists(before, list) }, () =>
      [
        ...diffLists(before, list),
        say(`摘要(请经其他渠道核对):${digest}`, `Digest, to be compared out of band: ${digest}`),
      ].join("\n"),
    );
  });
}

function signVerb(trust: Command): void {
  example(
    trust
      .command("sign <file>")
      .description("发起方签署;先显示差异 a founder signs, after seeing what changes")
      .requiredOption("--founder <id>")
      .requiredOption("--key <file>", "发起方私钥 the founder's private key")
      .option("--from <file>", "现行列表 the list in force"),
    "heliu trust sign trust-list.json --founder 510100 --key founder-510100.pem",
  ).action((file: string, options: { founder: string; key: string; from?: string }, command: Command) => {
    const signed = readJsonFile<SignedTrustList>(file);
    const before = options.from === undefined ? undefined : readJsonFile<SignedTrustList>(options.from).list;
    const diff = diffLists(before, signed.list);
    const signature = signTrustList(signed.list, options.founder, readTextFile(options.key));
    const others = signed.signatures.filter((one) => one.keyId !== signature.keyId);
    writeFileSync(file, JSON.stringify({ list: signed.list, signatures: [...others, signature] }, undefined, 2));
    contextOf(command).answer({ file, signatures: others.length + 1, diff }, () =>
      [...diff, say(`已签署,共 ${others.length + 1} 个签名`, `Signed; ${others.length + 1} signatures now`)].join("\n"),
    );
  });
}

function showVerbs(trust: Command): void {
  example(trust.command("show").description("节点现行的列表 the list in force"), "heliu trust show").action(
    async (_options: unknown, command: Command) => {
      const { connection, answer } = contextOf(command);
      const found = await callJson<{
        version: string;
        digest: string;
        state: string;
        regions: { id: string; name: string; status: string }[];
      }>(connection(), "/trust");
      answer(found, () =>
        [
          say(
            `第 ${found.version} 版,状态 ${found.state},摘要 ${found.digest}`,
            `Version ${found.version}, ${found.state}, digest ${found.digest}`,
          ),
          ...found.regions.map((region) => `  ${region.id}  ${region.name}  ${region.status}`),
        ].join("\n"),
      );
    },
  );
  example(
    trust
      .command("verify <file>")
      .description("离线核对 verify a list offline")
      .option("--digest <digest>", "首份列表:核对过的摘要 a first list: its digest")
      .option("--from <file>", "现行列表 the list in force"),
    "heliu trust verify trust-list.json --digest sha256:…",
  ).action((file: string, options: { digest?: string; from?: string }, command: Command) => {
    const anchor =
      options.from === undefined
        ? { digest: options.digest ?? "" }
        : { inForce: readJsonFile<SignedTrustList>(options.from).list };
    const verified = verifyTrustList(readJsonFile(file), anchor, Date.now());
    if (!verified.ok) throw new CliFault(verified.error.code, verified.error.text);
    const { digest, signers, list } = verified.value;
    contextOf(command).answer({ version: list.version, digest, signers }, () =>
      say(
        `有效:第 ${list.version} 版,由 ${signers.join("、")} 签署`,
        `Valid: version ${list.version}, signed by ${signers.join(", ")}`,
      ),
    );
  });
}
