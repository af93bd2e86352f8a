import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import type { Command } from "commander";
import { call, callJson } from "../client.ts";
import { bytesOf } from "../files.ts";
import { language, note, plain, say, table } from "../output.ts";
import { contextOf, example, limited, listed } from "../verb.ts";

type Fault = {
  row: number;
  column: string;
  value: string;
  rule: string;
  level: string;
  text: { zh: string; en: string };
};
type Report = {
  importId: string | null;
  imported: string[];
  unchanged: string[];
  refused: { row: number; id: string; code: string }[];
  faults: Fault[];
  notes: { zh: string; en: string }[];
};
type Entry = {
  id: string;
  name: string;
  kind: string;
  status: string;
  version: number;
  sharing: { attribute: string };
};

export function catalogVerbs(program: Command): void {
  const catalog = program.command("catalog").description("本区域目录 this region's catalogue");
  importVerbs(catalog);
  example(
    catalog
      .command("export")
      .description("导出已发布目录 export what is published")
      .option("--format <format>", "json csv xlsx dcat", "json")
      .option("--out <file>", "写入文件 write to a file"),
    "heliu catalog export --format xlsx --out catalog.xlsx",
  ).action(async (options: { format: string; out?: string }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const response = await call(connection(), `/catalog/export?format=${options.format}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    if (options.out === undefined) return void process.stdout.write(bytes);
    writeFileSync(options.out, bytes);
    answer({ file: options.out, bytes: bytes.length }, () => options.out ?? "");
  });
  stepVerbs(catalog);
  example(
    limited(catalog.command("list").description("列出条目 list"), "1000").option(
      "--status <status>",
      "draft reviewing published suspended",
    ),
    "heliu catalog list --status reviewing",
  ).action(async (options: { limit: string; status?: string }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const query = options.status === undefined ? "" : `?status=${encodeURIComponent(options.status)}`;
    const items = await listed<Entry>(connection(), `/catalog/entries${query}`, options);
    const columns = ["ID", say("名称", "name"), say("类型", "kind"), say("共享", "sharing"), say("状态", "status")];
    answer(items, () =>
      table(
        columns.map((title) => ({ title })),
        items.map((e) => [e.id, e.name, e.kind, e.sharing.attribute, e.status]),
      ),
    );
  });
  example(catalog.command("show <id>").description("查看条目 show an entry"), "heliu catalog show cd-scjg-0001").action(
    async (id: string, _options: unknown, command: Command) => {
      const { connection, answer } = contextOf(command);
      const entry = await callJson<Entry>(connection(), `/catalog/entries/${encodeURIComponent(id)}`);
      answer(entry, () => JSON.stringify(entry, undefined, 2));
    },
  );
  example(
    catalog.command("quality <id>").description("说明的完整程度 how complete its description is"),
    "heliu catalog quality cd-scjg-0001",
  ).action(async (id: string, _options: unknown, command: Command) => {
    const { connection, answer } = contextOf(command);
    const path = `/catalog/entries/${encodeURIComponent(id)}/quality`;
    const found = await callJson<{ score: string; filled: number; of: number; missing: string[] }>(connection(), path);
    const missing = found.missing.length === 0 ? "" : `\n${say("可补充", "to fill in")}: ${found.missing.join(", ")}`;
    answer(found, () => `${found.score} (${found.filled}/${found.of})${missing}`);
  });
}

/** The steps of publication; those with a reason must be given one. */
const STEPS = [
  { verb: "submit", text: "提交草稿 submit a draft", reason: undefined },
  { verb: "publish", text: "审核通过并发布 publish what is under review", reason: undefined },
  { verb: "return", text: "退回修改 give back to be corrected", reason: "缺少依据" },
  { verb: "refuse", text: "不予发布 refuse for good", reason: "不属于共享范围" },
  { verb: "suspend", text: "暂停 suspend; peers see it at once", reason: "数据核查" },
  { verb: "resume", text: "恢复 show again", reason: undefined },
  { verb: "withdraw", text: "撤下 withdraw; the id is never used again", reason: "停办" },
] as const;

function stepVerbs(catalog: Command): void {
  for (const { verb, text, reason } of STEPS) {
    const made = catalog.command(`${verb} <id>`).description(text);
    if (reason !== undefined) made.requiredOption("--reason <reason>", "原因 why");
    const shown = `heliu catalog ${verb} cd-scjg-0001${reason === undefined ? "" : ` --reason ${reason}`}`;
    example(made, shown).action(async (id: string, options: { reason?: string }, command: Command) => {
      const { connection, answer } = contextOf(command);
      const sent = options.reason === undefined ? {} : { body: { reason: options.reason } };
      const path = `/catalog/entries/${encodeURIComponent(id)}/${verb}`;
      const entry = await callJson<Entry>(connection(), path, { method: "POST", ...sent });
      answer(entry, () => plain(`${entry.id}  ${entry.name}  ${entry.status}`));
    });
  }
}

function importVerbs(catalog: Command): void {
  example(
    catalog
      .command("import <file>")
      .description("导入 CSV、XLSX、JSON、DCAT import a file")
      .option("--partial", "有错的行跳过,其余导入 leave faulty rows out")
      .option("--as-published", "按文件中的状态发布,需另一人确认 keep the file's status; another person confirms"),
    "heliu catalog import catalog.xlsx",
    "heliu catalog import catalog.json --as-published",
  ).action(async (file: string, options: { partial?: boolean; asPublished?: boolean }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const query = new URLSearchParams({
      filename: basename(file),
      partial: String(options.partial === true),
      asPublished: String(options.asPublished === true),
    });
    const sent = { file: bytesOf(file) };
    const report = await callJson<Report>(connection(), `/catalog/import?${query}`, sent);
    answer(report, () => describe(report, IMPORTED));
    if (options.partial !== true && report.faults.some(({ level }) => level === "error")) note(nothingImported());
    if (report.imported.length === 0 && report.faults.some((fault) => fault.level === "error")) process.exitCode = 1;
  });
  example(
    catalog.command("validate <file>").description("只检查 check only"),
    "heliu catalog validate catalog.csv",
  ).action(async (file: string, _options: unknown, command: Command) => {
    const { connection, answer } = contextOf(command);
    const query = new URLSearchParams({ filename: basename(file) });
    const report = await callJson<Report>(connection(), `/catalog/validate?${query}`, { file: bytesOf(file) });
    answer(report, () => describe(report, WOULD_IMPORT));
    if (report.faults.some((fault) => fault.level === "error")) process.exitCode = 1;
  });
  example(
    catalog.command("confirm <importId>").description("确认整份导入 confirm an import"),
    "heliu catalog confirm 01J…",
  ).action(async (id: string, _options: unknown, command: Command) => {
    const { connection, answer } = contextOf(command);
    const report = await callJson<Report>(connection(), `/catalog/imports/${id}/confirm`, { method: "POST" });
    answer(report, () => describe(report, PUBLISHED));
  });
}

const nothingImported = (): string =>
  say(
    "文件有错,一条也没有导入;请改正后重试,或用 --partial 只导入无误的行。",
    "The file has errors, so nothing was imported; correct them and try again, or take the good rows with --partial.",
  );

const IMPORTED = { zh: "导入", en: "imported" };
const WOULD_IMPORT = { zh: "可导入", en: "could be imported" };
const PUBLISHED = { zh: "发布", en: "published" };

function describe(report: Report, did: { readonly zh: string; readonly en: string }): string {
  for (const text of report.notes) note(text[language()]);
  const summary = say(
    `${did.zh} ${report.imported.length} 条,未变 ${report.unchanged.length} 条,拒收 ${report.refused.length} 条,问题 ${report.faults.length} 处`,
    `${report.imported.length} ${did.en}, ${report.unchanged.length} unchanged, ${report.refused.length} refused, ${report.faults.length} faults`,
  );
  const refused = report.refused.map(({ row, id, code }) =>
    say(`第 ${row} 行 ${id} 拒收:${code}`, `row ${row} ${id} refused: ${code}`),
  );
  const waiting =
    report.importId === null
      ? []
      : [
          say(
            `未对外公布,待另一人确认:heliu catalog confirm ${report.importId}`,
            `Waits for another person: heliu catalog confirm ${report.importId}`,
          ),
        ];
  return [summary, ...refused, ...faultTable(report.faults), ...waiting].join("\n");
}

/** Errors last, next to the prompt: a file with one error may have hundreds of warnings. */
function faultTable(found: readonly Fault[]): string[] {
  if (found.length === 0) return [];
  const faults = [...found.filter(({ level }) => level !== "error"), ...found.filter(({ level }) => level === "error")];
  const columns = [
    { title: say("行", "row"), right: true },
    { title: say("列", "column") },
    { title: say("规则", "rule") },
    { title: say("级别", "level") },
    { title: say("值", "value") },
    { title: say("说明", "what to do") },
  ];
  return [
    table(
      columns,
      faults.map((f) => [String(f.row), f.column, f.rule, f.level, f.value.slice(0, 30), f.text[language()]]),
    ),
  ];
}
