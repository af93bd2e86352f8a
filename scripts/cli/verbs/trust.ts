import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import type { z } from "zod";
import { createFounder, signTrustList } from "../../../certs/founder.ts";
import { diffLists } from "../../../node/identity/list-difference.ts";
import { checkListShape } from "../../../node/identity/list-shape.ts";
import {
  type SignedTrustList,
  signedTrustListSchema,
  type TrustList,
  trustedRegionSchema,
  trustListSchema,
} from "../../../node/identity/model.ts";
import { type ListChange, proposeList } from "../../../node/identity/propose-list.ts";
import { trustListDigest, verifyTrustList } from "../../../node/identity/trust-list.ts";
import { issueText } from "../../../node/kernel/issue-text.ts";
import { CliFault, callJson } from "../client.ts";
import { readJsonFile, readTextFile } from "../files.ts";
import { installTrustList } from "../initialise.ts";
import { clock, say } from "../output.ts";
import { contextOf, example, folderOf, usage, wholeNumber } from "../verb.ts";

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
  region?: string[];
  founder?: string[];
  threshold?: string;
  days: string;
  suspend?: string[];
  resume?: string[];
  remove?: string[];
  from?: string;
  out: string;
};

function proposeVerb(trust: Command): void {
  example(
    trust
      .command("propose")
      .description("由各区域信息拟定新版列表 a new list from the regions' entries")
      .option("--region <file...>", "各节点的 trust/region.json;同号者替换 regions' entries; the same id is replaced")
      .option("--founder <file...>", "各发起方的公钥信息 the founders' entries (heliu trust founder)")
      .option("--threshold <k>", "至少几方签署,默认全部 how many founders must sign; all by default")
      .option("--days <n>", "有效天数,至多 90 validity in days", "60")
      .option("--suspend <id...>", "暂停地区 regions to suspend")
      .option("--resume <id...>", "恢复地区 regions to take up again")
      .option("--remove <id...>", "移除地区 regions to leave out")
      .option("--from <file>", "现行列表,其余照旧 the list in force; what is not named stays")
      .requiredOption("--out <file>", "写到哪里 where to"),
    "heliu trust propose --region a/trust/region.json b/trust/region.json --founder fa.json fb.json --threshold 2 --out trust-list.json",
    "heliu trust propose --from trust-list.json --suspend 500000 --out trust-list-2.json",
  ).action((options: ProposeOptions, command: Command) => {
    const before = options.from === undefined ? undefined : readListFile(options.from).list;
    const list = proposeList(before, changeOf(options), Date.now());
    checkList(list);
    writeFileSync(options.out, JSON.stringify({ list, signatures: [] }, undefined, 2));
    const digest = trustListDigest(list);
    const diff = diffLists(before, list);
    contextOf(command).answer({ file: options.out, digest, diff }, () =>
      [...diff, say(`摘要(请经其他渠道核对):${digest}`, `Digest, to be compared out of band: ${digest}`)].join("\n"),
    );
  });
}

function changeOf(options: ProposeOptions): ListChange {
  const { suspend, resume, remove, threshold } = options;
  return {
    days: wholeNumber("--days", options.days, { min: 1, max: 90 }),
    ...(options.region === undefined
      ? {}
      : { regions: options.region.map((file) => shapedFile(file, trustedRegionSchema, "trust/region.json")) }),
    ...(options.founder === undefined
      ? {}
      : { founders: options.founder.map((file) => shapedFile(file, founderSchema, "heliu trust founder")) }),
    ...(threshold === undefined ? {} : { threshold: wholeNumber("--threshold", threshold, { min: 1, max: 100 }) }),
    ...(suspend === undefined ? {} : { suspend }),
    ...(resume === undefined ? {} : { resume }),
    ...(remove === undefined ? {} : { remove }),
  };
}

/** The same checks a node makes, before anybody signs what no node would take. */
function checkList(list: TrustList): void {
  const { founders, regions } = list;
  if (founders.length === 0 || regions.length === 0)
    throw usage({
      zh: "首份列表至少要有一个 --region 和一个 --founder;后续列表请用 --from 指明现行列表。",
      en: "A first list needs at least one --region and one --founder; for a later one name the list in force with --from.",
    });
  const issues = checkListShape(list);
  if (issues.length > 0)
    throw new CliFault("trust.malformed", {
      zh: `这样的列表没有节点会接受:${issues.join(";")};请改正后重新拟定。`,
      en: `No node would take such a list: ${issues.join("; ")}; correct it and propose again.`,
    });
}

const founderSchema = trustListSchema.shape.founders.element;

function shapedFile<T>(file: string, schema: z.ZodType<T>, source: string): T {
  const read = schema.safeParse(readJsonFile(file));
  if (read.success) return read.data;
  const texts = read.error.issues.map(issueText);
  throw new CliFault(
    "CLI_FILE",
    {
      zh: `${file} 不是所需的内容(${texts.map(({ zh }) => zh).join(";")});请给出 ${source} 产生的文件。`,
      en: `${file} is not what is needed here (${texts.map(({ en }) => en).join("; ")}); give the file of ${source}.`,
    },
    { exitCode: 2 },
  );
}

const readListFile = (file: string): SignedTrustList => shapedFile(file, signedTrustListSchema, "heliu trust propose");

function signVerb(trust: Command): void {
  example(
    trust
      .command("sign <file>")
      .description("发起方签署;先显示差异 a founder signs, after seeing what changes")
      .requiredOption("--founder <id>", "签署的发起方 who signs")
      .requiredOption("--key <file>", "发起方私钥 the founder's private key")
      .option("--from <file>", "现行列表 the list in force"),
    "heliu trust sign trust-list.json --founder 510100 --key founder-510100.pem",
  ).action((file: string, options: { founder: string; key: string; from?: string }, command: Command) => {
    const signed = readListFile(file);
    const before = options.from === undefined ? undefined : readListFile(options.from).list;
    const diff = diffLists(before, signed.list);
    const signature = signatureOf(signed.list, options, before);
    const others = signed.signatures.filter((one) => one.keyId !== signature.keyId);
    writeFileSync(file, JSON.stringify({ list: signed.list, signatures: [...others, signature] }, undefined, 2));
    const digest = trustListDigest(signed.list);
    contextOf(command).answer({ file, signatures: others.length + 1, digest, diff }, () =>
      [
        ...diff,
        say(
          `已签署,共 ${others.length + 1} 个签名;摘要 ${digest}`,
          `Signed; ${others.length + 1} signatures now; digest ${digest}`,
        ),
      ].join("\n"),
    );
  });
}

/** Refuses a key that no list names for this founder: its signature would be passed over without anybody noticing. */
function signatureOf(
  list: TrustList,
  { founder, key }: { founder: string; key: string },
  before: TrustList | undefined,
) {
  const signature = signedBy(list, founder, key);
  const named = [...list.founders, ...(before?.founders ?? [])].filter(({ id }) => id === founder);
  if (named.some(({ keys }) => keys.some(({ keyId }) => keyId === signature.keyId))) return signature;
  throw new CliFault(
    named.length === 0 ? "trust.unknown_founder" : "trust.bad_signature",
    named.length === 0
      ? {
          zh: `列表中没有发起方 ${founder}(有:${list.founders.map(({ id }) => id).join("、")});请核对 --founder。`,
          en: `The list has no founder ${founder} (it has ${list.founders.map(({ id }) => id).join(", ")}); check --founder.`,
        }
      : {
          zh: `${key} 不是发起方 ${founder} 在列表中的密钥(${signature.keyId});请用该发起方自己的私钥签署。`,
          en: `${key} is not founder ${founder}'s key in the list (${signature.keyId}); sign with that founder's own key.`,
        },
  );
}

function signedBy(list: TrustList, founder: string, file: string) {
  const pem = readTextFile(file);
  try {
    return signTrustList(list, founder, pem);
  } catch (fault) {
    throw new CliFault(
      "CLI_FILE",
      {
        zh: `${file} 不是 Ed25519 私钥(PEM);请给出 heliu trust founder 生成的私钥文件。`,
        en: `${file} is no Ed25519 private key in PEM; give the key file that heliu trust founder made.`,
      },
      { more: String(fault), exitCode: 2 },
    );
  }
}

function showVerbs(trust: Command): void {
  example(trust.command("show").description("节点现行的列表 the list in force"), "heliu trust show").action(
    async (_options: unknown, command: Command) => {
      const { connection, answer } = contextOf(command);
      const found = await callJson<{
        version: string | null;
        digest: string | null;
        expiresAt: string | null;
        state: string;
        regions: { id: string; name: string; status: string }[];
      }>(connection(), "/trust");
      answer(found, () =>
        [
          found.version === null
            ? say(
                "本节点尚无信任列表,不与任何地区连接;请用 heliu trust install 放置首份列表",
                "This node has no trust list and connects to no region; lay the first one with heliu trust install",
              )
            : say(
                `第 ${found.version} 版,状态 ${found.state},${clock(found.expiresAt ?? "")} 到期,摘要 ${found.digest}`,
                `Version ${found.version}, ${found.state}, until ${clock(found.expiresAt ?? "")}, digest ${found.digest}`,
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
    if ((options.digest === undefined) === (options.from === undefined))
      throw usage({
        zh: "请给出 --digest(首份列表)或 --from(其后的列表)之一;没有可信的起点就无从核对。",
        en: "Give either --digest (a first list) or --from (a later one); without an anchor nothing can be verified.",
      });
    const anchor =
      options.from === undefined ? { digest: options.digest ?? "" } : { inForce: readListFile(options.from).list };
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
