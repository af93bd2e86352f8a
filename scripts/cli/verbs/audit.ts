import { writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { Command } from "commander";
import { CliFault, type Connection, call, callJson } from "../client.ts";
import { say } from "../output.ts";
import { contextOf, example, wholeNumber } from "../verb.ts";
import { rerunVerb, verifyVerb } from "./audit-verify.ts";
import { followVerbs } from "./follow.ts";

export function auditVerbs(program: Command): void {
  const audit = program.command("audit").description("存证 evidence");
  followVerbs(audit);
  example(audit.command("head").description("日志头与见证 log head and witnesses"), "heliu audit head").action(
    async (_options: unknown, command: Command) => {
      const { connection, answer } = contextOf(command);
      const head = await callJson<{ note: string; witnessedBy: string[] }>(connection(), "/audit/checkpoint");
      answer(head, () => head.note);
    },
  );
  example(
    audit
      .command("prove <leaf>")
      .description("导出离线证明 export an offline proof")
      .requiredOption("--out <file>", "写到哪里 where to"),
    "heliu audit prove 12 --out proof.json",
  ).action(async (leaf: string, options: { out: string }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const proof = await callJson(connection(), `/audit/proof?leaf=${encodeURIComponent(leaf)}`);
    writeFileSync(options.out, JSON.stringify(proof, undefined, 2));
    answer({ file: options.out }, () => options.out);
  });
  exportVerb(audit);
  sampleVerb(audit);
  verifyVerb(audit);
  rerunVerb(audit);
}

function exportVerb(audit: Command): void {
  example(
    audit
      .command("export")
      .description("导出一份协议的全部证据 all evidence of an agreement in one file")
      .requiredOption("--agreement <id>", "协议 agreement")
      .option(
        "--period <yyyy-mm>",
        "截至该账期的结算单,并附凭据与重算材料 up to that period's statement, with its receipts",
      )
      .option(
        "--since <size>",
        "附上与此前日志大小的一致性证明 with a proof that the log of that size is its beginning",
      )
      .requiredOption("--out <file>", "写到哪里 where to"),
    "heliu audit export --agreement AGR-… --period 2026-10 --out evidence.json",
    "heliu audit export --agreement AGR-… --out evidence.json",
  ).action(async (options: { agreement: string; period?: string; since?: string; out: string }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const query = new URLSearchParams({ agreement: options.agreement });
    if (options.period !== undefined) query.set("period", options.period);
    else query.set("through", await fixed(connection(), options.agreement));
    if (options.since !== undefined) query.set("since", options.since);
    const text = await witnessed(connection(), `/audit/bundle?${query}`);
    writeFileSync(options.out, text);
    const bytes = Buffer.byteLength(text);
    answer({ file: options.out, bytes }, () =>
      say(
        `已写入 ${options.out}(${bytes} 字节);核对:heliu audit verify --bundle ${options.out} --trust-list …`,
        `Wrote ${options.out} (${bytes} bytes); check it with heliu audit verify --bundle ${options.out} --trust-list …`,
      ),
    );
  });
}

/** Without a period the export ends at a head written for it. */
async function fixed(at: Connection, agreement: string): Promise<string> {
  const path = `/agreements/${encodeURIComponent(agreement)}/head`;
  return (await callJson<{ agreementSeq: string }>(at, path, { method: "POST" })).agreementSeq;
}

/** A few checkpoint intervals: long enough for the next one and its witnesses. */
const TRIES = 20;

/** The bundle as soon as a checkpoint covers it and another region has signed that; after a while also without. */
async function witnessed(at: Connection, path: string): Promise<string> {
  for (let left = TRIES; ; left--) {
    try {
      const text = await (await call(at, path)).text();
      const note = (JSON.parse(text) as { log: { checkpoint: string } }).log.checkpoint;
      if (note.trimEnd().split("\n\n").at(-1)?.includes("\n") === true || left === 0) return text;
    } catch (fault) {
      if (!(fault instanceof CliFault) || fault.code !== "AUDIT_HEAD_NOT_YET" || left === 0) throw fault;
    }
    await pause(500);
  }
}

function sampleVerb(audit: Command): void {
  example(
    audit
      .command("sample")
      .description("按检查点哈希随机抽取日志条目 entries drawn at random by the checkpoint's hash")
      .option("-n, --count <n>", "抽多少条 how many", "20")
      .option("--checkpoint <size>", "哪个检查点 size of the checkpoint to draw by")
      .option(
        "--salt <words>",
        "审计方自选的一串文字,使日志方无从预料 words of your own, which the log's keeper cannot foresee",
      )
      .requiredOption("--out <file>", "写到哪里 where to"),
    "heliu audit sample -n 50 --salt 2026-11-23-6-2-5 --out sample.json",
  ).action(async (options: { count: string; checkpoint?: string; salt?: string; out: string }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const n = wholeNumber("--count", options.count, { min: 1, max: 1_000 });
    const query = new URLSearchParams({ n: String(n) });
    if (options.checkpoint !== undefined) query.set("checkpoint", options.checkpoint);
    if (options.salt !== undefined) query.set("salt", options.salt);
    const sample = await callJson<{ items: { index: string }[] }>(connection(), `/audit/sample?${query}`);
    writeFileSync(options.out, JSON.stringify(sample, undefined, 2));
    const indices = sample.items.map(({ index }) => index);
    answer({ file: options.out, indices }, () => `${options.out}: ${indices.join(" ")}`);
  });
}
