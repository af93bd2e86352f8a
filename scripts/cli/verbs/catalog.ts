import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import type { Command } from "commander";
import { CliFault, call, callJson } from "../client.ts";
import { language, note, say, table } from "../output.ts";
import { contextOf, example } from "../verb.ts";

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
  for (const [verb, body] of [
    ["publish", undefined],
    ["withdraw", { reason: "" }],
  ] as const) {
    const made = catalog.command(`${verb} <id>`).description(verb === "publish" ? "发布 publish" : "撤下 withdraw");
    if (verb === "withdraw") made.requiredOption("--reason <reason>", "原因 why");
    example(
      made,
      verb === "publish" ? "heliu catalog publish cd-scjg-0001" : "heliu catalog withdraw cd-x-0001 --reason 停办",
    ).action(async (id: string, options: { reason?: string }, command: Command) => {
      const { connection, answer } = contextOf(command);
      const sent = body === undefined ? {} : { body: { reason: options.reason } };
      const entry = await callJson<Entry>(connection(), `/catalog/entries/${encodeURIComponent(id)}/${verb}`, {
        method: "POST",
        ...sent,
      });
      answer(entry, () => `${entry.id}  ${entry.name}  ${entry.status}`);
    });
  }
  example(catalog.command("show <id>").description("查看条目 show an entry"), "heliu catalog show cd-scjg-0001").action(
    async (id: string, _options: unknown, command: Command) => {
      const { connection, answer } = contextOf(command);
      const entry = await callJson<Entry>(connection(), `/catalog/entries/${encodeURIComponent(id)}`);
      answer(entry, () => JSON.stringify(entry, undefined, 2));
    },
  );
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
    answer(report, () => describe(report));
    if (report.imported.length === 0 && report.faults.some((fault) => fault.level === "error")) process.exitCode = 1;
  });
  example(
    catalog.command("validate <file>").description("只检查 check only"),
    "heliu catalog validate catalog.csv",
  ).action(async (file: string, _options: unknown, command: Command) => {
    const { connection, answer } = contextOf(command);
    const query = new URLSearchParams({ filename: basename(file) });
    const report = await callJson<Report>(connection(), `/catalog/validate?${query}`, { file: bytesOf(file) });
    answer(report, () => describe(report));
    if (report.faults.some((fault) => fault.level === "error")) process.exitCode = 1;
  });
  example(
    catalog.command("confirm <importId>").description("确认整份导入 confirm an import"),
    "heliu catalog confirm 01J…",
  ).action(async (id: string, _options: unknown, command: Command) => {
    const { connection, answer } = contextOf(command);
    const report = await callJson<Report>(connection(), `/catalog/imports/${id}/confirm`, { method: "POST" });
    answer(report, () => describe(report));
  });
}

function bytesOf(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch {
    throw new CliFault("CLI_FILE", {
      zh: `读不到文件 ${file};请检查路径和权限。`,
      en: `Cannot read ${file}; check its path and permissions.`,
    });
  }
}

function describe(report: Report): string {
  for (const text of report.notes) note(text[language()]);
  const summary = say(
    `导入 ${report.imported.length} 条,未变 ${report.unchanged.length} 条,拒收 ${report.refused.length} 条,问题 ${report.faults.length} 处`,
    `${report.imported.length} imported, ${report.unchanged.length} unchanged, ${report.refused.length} refused, ${report.faults.length} faults`,
  );
  const refused = report.refused.map(({ row, id, code }) =>
    say(`第 ${row} 行 ${id} 拒收:${code}`, `row ${row} ${id} refused: ${code}`),
  );
  const waiting =
    report.importId === null
      ? []
      : [
          say(
            `待另一人确认:heliu catalog confirm ${report.importId}`,
            `Waits for another person: heliu catalog confirm ${report.importId}`,
          ),
        ];
  return [summary, ...refused, ...faultTable(report.faults), ...waiting].join("\n");
}

function faultTable(faults: readonly Fault[]): string[] {
  if (faults.length === 0) return [];
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
