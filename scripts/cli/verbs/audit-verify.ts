import type { Command } from "commander";
import { verifySample } from "../../../node/audit/sample.ts";
import { verifyOffline } from "../../../node/audit/verify.ts";
import type { AuditBundle } from "../../../node/evidence/model.ts";
import { rerunBundle } from "../../../node/evidence/rerun.ts";
import { type BundleReport, readBundle, type Verdict, verifyBundle } from "../../../node/evidence/verify-bundle.ts";
import type { ExchangeError } from "../../../node/kernel/exchange-error.ts";
import { bundledCalendar, bundledPacks } from "../../../node/rules/bundled.ts";
import { rulePackSchema } from "../../../node/rules/model.ts";
import { loadRules } from "../../../node/rules/service.ts";
import { CliFault, must } from "../client.ts";
import { bytesOf, readJsonFile, trustListIn } from "../files.ts";
import { language, plain, say } from "../output.ts";
import { contextOf, example, usage, type VerbContext, wholeNumber } from "../verb.ts";

type Options = {
  readonly bundle?: string;
  readonly sample?: string;
  readonly trustList?: string;
  readonly region?: string;
  readonly witnesses: string;
  readonly earlier?: string;
  readonly first?: boolean;
  readonly logKey?: string;
  readonly witness?: readonly string[];
};

export function verifyVerb(audit: Command): void {
  example(
    audit
      .command("verify [file]")
      .description("离线验证证据包、样本或单条证明 verify a bundle, a sample or one proof offline; needs no node")
      .option("--bundle <file>", "heliu audit export 写出的证据包 a bundle that heliu audit export wrote")
      .option("--sample <file>", "heliu audit sample 写出的样本 a sample that heliu audit sample wrote")
      .option("--trust-list <file>", "您自己持有的信任列表 a trust list that you hold yourself")
      .option("--region <id>", "样本出自哪个地区 whose log the sample is of")
      .option("--witnesses <n>", "至少几个其他地区见证 how many other regions must have cosigned", "1")
      .option("--earlier <file>", "此前的证据包:新包须与之衔接 an earlier bundle that this one must continue")
      .option("--first", "遇到第一处不符即止 end at the first fault")
      .option("--log-key <vkey>", "(单条证明)该地区的日志公钥 (one proof) the region's logKey of the trust list")
      .option("--witness <vkey...>", "(单条证明)要求这些见证方的签名 (one proof) witnesses that must have cosigned"),
    "heliu audit verify --bundle evidence.json --trust-list trust-list.json",
    "heliu audit verify --sample sample.json --trust-list trust-list.json --region 510100",
    "heliu audit verify proof.json --log-key main/510100/log+…",
  ).action((file: string | undefined, options: Options, command: Command) => {
    const context = contextOf(command);
    if (options.bundle !== undefined) return verifyBundleFile(options.bundle, options, context);
    if (options.sample !== undefined) return verifySampleFile(options.sample, options, context);
    if (file !== undefined && options.logKey !== undefined) {
      return verifyProofFile(file, { ...options, logKey: options.logKey }, context);
    }
    throw usage({
      zh: "请给出 --bundle、--sample,或证明文件与 --log-key。",
      en: "Give --bundle, --sample, or a proof file with --log-key.",
    });
  });
}

export function rerunVerb(audit: Command): void {
  example(
    audit
      .command("rerun")
      .description("按记录的输入重做证据包里的每个决定 make every decision of a bundle again from its recorded inputs")
      .requiredOption("--bundle <file>", "heliu audit export 写出的证据包 a bundle that heliu audit export wrote")
      .option("--rules <file...>", "当时的规则包,代替随产品的 rule packs of that time, instead of those delivered"),
    "heliu audit rerun --bundle evidence.json",
  ).action((options: { bundle: string; rules?: string[] }, command: Command) => {
    const { answer } = contextOf(command);
    const bundle = must(readBundle(bytesOf(options.bundle)));
    const { count, equal, faults } = rerunBundle(bundle, rulesOf(providerOf(bundle), options.rules));
    answer({ ok: faults.length === 0, count, equal, faults: faults.map(plainFault) }, () =>
      faults.length === 0
        ? say(`✓ ${count} 个决定重做结果一致`, `✓ ${count} decisions made again alike`)
        : told(options.bundle, { report: null, faults }),
    );
    if (faults.length > 0) process.exitCode = 1;
  });
}

/** Decisions are the provider's, by the packs of its region. */
function providerOf({ agreement, region }: AuditBundle): string {
  const { provider } = agreement.document as { readonly provider?: unknown };
  return typeof provider === "string" ? provider : region;
}

function rulesOf(region: string, files: readonly string[] | undefined) {
  if (files === undefined) return loadRules(bundledPacks(region), bundledCalendar());
  const packs = files.map((file) => {
    const parsed = rulePackSchema.safeParse(readJsonFile(file));
    if (parsed.success) return parsed.data;
    throw new CliFault(
      "CLI_FILE",
      { zh: `${file} 不是规则包;请核对文件。`, en: `${file} is no rule pack; check the file.` },
      { exitCode: 2 },
    );
  });
  return loadRules(packs, bundledCalendar());
}

function verifyBundleFile(file: string, options: Options, { answer }: VerbContext): void {
  const verdict = verifyBundle(bytesOf(file), {
    anchor: options.trustList === undefined ? undefined : trustListIn(options.trustList),
    minWitnesses: wholeNumber("--witnesses", options.witnesses, { min: 0, max: 100 }),
    earlier: options.earlier === undefined ? undefined : bytesOf(options.earlier),
    isHasty: options.first === true,
  });
  const { report, faults } = verdict;
  answer({ ok: faults.length === 0, report, faults: faults.map(plainFault) }, () => told(file, verdict));
  if (faults.length > 0) process.exitCode = 1;
}

const plainFault = ({ code, text, details }: ExchangeError) => ({ code, text, details: details ?? {} });

/** One line a fault: many of them usually have one cause, and the first is the nearest to it. */
const MOST_LINES = 50;

function told(file: string, { report, faults }: Verdict): string {
  if (faults.length === 0 && report !== null) return [...heldLines(report)].join("\n");
  const lines = faults.slice(0, MOST_LINES).map(({ code, text }) => `✗ ${plain(text[language()])} [${code}]`);
  const more = faults.length - lines.length;
  return [
    say(`${file} 未通过:${faults.length} 处不符`, `${file} does not hold: ${faults.length} faults`),
    ...lines,
    ...(more > 0 ? [say(`……另有 ${more} 处`, `… and ${more} more`)] : []),
  ].join("\n");
}

function* heldLines(report: BundleReport): Generator<string> {
  const { agreementId, entries, receipts, unsigned, log, witnesses, periodId } = report;
  yield say(
    `✓ 协议 ${agreementId} 的日志条目共 ${entries} 条,一条不缺`,
    `✓ all ${entries} entries of agreement ${agreementId}, none missing`,
  );
  yield say(
    `✓ 日志 ${log.origin},大小 ${log.size},见证地区 ${witnesses.join("、") || "无"}`,
    `✓ log ${log.origin} of size ${log.size}, witnessed by ${witnesses.join(", ") || "nobody"}`,
  );
  yield say(
    `✓ 凭据 ${receipts} 份,签名齐全 ${receipts - unsigned} 份`,
    `✓ ${receipts} receipts, ${receipts - unsigned} signed by both`,
  );
  if (periodId !== null) {
    yield say(
      `✓ ${periodId} 结算单已重算一致,双方签名有效 ${report.statementDigest ?? ""}`,
      `✓ the statement of ${periodId} computed again alike, both signatures valid ${report.statementDigest ?? ""}`,
    );
  }
  yield report.isAnchored
    ? say("✓ 公钥出自您给出的信任列表", "✓ keys by the trust list that you gave")
    : say(
        `! 未给出 --trust-list:公钥取自文件内的信任列表,请另行核对其摘要 ${report.trustListDigest}`,
        `! no --trust-list given: keys are those of the list in the file; compare its digest elsewhere: ${report.trustListDigest}`,
      );
}

function verifySampleFile(file: string, { trustList, region }: Options, { answer }: VerbContext): void {
  if (trustList === undefined || region === undefined) {
    throw usage({ zh: "验证样本需要 --trust-list 与 --region。", en: "A sample needs --trust-list and --region." });
  }
  const { regions } = trustListIn(trustList).list;
  const own = regions.find(({ id }) => id === region);
  if (own === undefined) {
    throw usage({
      zh: `${trustList} 中没有地区 ${region};请核对 --region。`,
      en: `${trustList} has no region ${region}; check --region.`,
    });
  }
  const witnesses = regions.filter(({ id }) => id !== region).flatMap(({ witnessKeys }) => witnessKeys);
  const verified = must(verifySample(readJsonFile<unknown>(file), own.logKey, witnesses));
  answer(verified, () =>
    say(
      `有效:${verified.count} 条,正是大小为 ${verified.size} 的检查点所抽中的条目`,
      `Valid: ${verified.count} entries, the very ones that the checkpoint of size ${verified.size} draws`,
    ),
  );
}

function verifyProofFile(file: string, options: Options & { readonly logKey: string }, { answer }: VerbContext): void {
  const { leaf, proof } = proofIn(file);
  const { logKey, witness = [] } = options;
  const verified = must(verifyOffline(proof, Buffer.from(leaf, "utf8"), logKey, witness));
  const missing = witness.length - verified.witnesses.length;
  if (missing > 0) {
    throw new CliFault("CLI_UNWITNESSED", {
      zh: `日志签名有效,但所列见证方中有 ${missing} 方没有签署这个检查点;请等下一个检查点后重新导出证明。`,
      en: `The log's signature is valid, but ${missing} of the witnesses named did not cosign this checkpoint; export the proof again after the next one.`,
    });
  }
  answer(verified, () =>
    say(
      `有效:第 ${verified.index} 条,日志共 ${verified.size} 条,见证 ${verified.witnesses.length} 方`,
      `Valid: entry ${verified.index} of ${verified.size}, ${verified.witnesses.length} witnesses`,
    ),
  );
}

function proofIn(file: string): { readonly leaf: string; readonly proof: string } {
  const { leaf, proof } = readJsonFile<{ leaf?: unknown; proof?: unknown } | null>(file) ?? {};
  if (typeof leaf === "string" && typeof proof === "string") return { leaf, proof };
  throw new CliFault(
    "CLI_FILE",
    {
      zh: `${file} 不是日志证明;请给出 heliu audit prove 导出的文件。`,
      en: `${file} is no proof of a log; give the file that heliu audit prove wrote.`,
    },
    { exitCode: 2 },
  );
}
