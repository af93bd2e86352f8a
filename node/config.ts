import { readFileSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { parse as parseYaml, YAMLParseError } from "yaml";
import { z } from "zod";
import { type Failure, ok, type Result, refusals } from "./kernel/exchange-error.ts";
import { issueText } from "./kernel/issue-text.ts";

const MIB = 1_048_576;
const port = z.coerce.number().int().min(0).max(65_535);
const count = z.coerce.number().int().min(1);

/** Every setting and every default of a node, once. Environment: `HELIU_` + the path in upper snake case (`HELIU_HTTP_PORT`). */
export const nodeConfigSchema = z.strictObject({
  region: z.strictObject({
    id: z.string().regex(/^[1-9][0-9]{5}$/, "a six-digit division code such as 510100"),
    name: z.string().min(1),
  }),
  node: z
    .strictObject({
      name: z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
        .default("main"),
    })
    .prefault({}),
  /** Plain HTTP on loopback only; any other host needs `tls`. */
  http: z
    .strictObject({
      host: z.string().default("127.0.0.1"),
      port: port.default(8510),
      tls: z.strictObject({ certificate: z.string(), key: z.string() }).optional(),
    })
    .prefault({}),
  rpc: z.strictObject({ host: z.string().default("127.0.0.1"), port: port.default(8511) }).prefault({}),
  dsp: z.strictObject({ host: z.string().default("127.0.0.1"), port: port.default(8512) }).prefault({}),
  /** `level:` keeps everything in the node's folder; `postgres://…` lets several replicas share one database. */
  storage: z.strictObject({ url: z.string().default("level:") }).prefault({}),
  /** Authorisation records that products are checked against (CAT-011), a JSON file relative to the node's folder. */
  catalog: z.strictObject({ authorisations: z.string().default("authorisations.json") }).prefault({}),
  audit: z
    .strictObject({
      checkpointMs: count.default(10_000),
      /** Independent witnesses (`heliu witness`) that must cosign this node's checkpoints, beside the other regions. */
      witnesses: z.array(z.strictObject({ url: z.url(), vkey: z.string() })).default([]),
    })
    .prefault({}),
  federation: z.strictObject({ heartbeatMs: count.default(2_000), staleAfterMs: count.default(10_000) }).prefault({}),
  transfer: z
    .strictObject({ batchRows: count.max(65_536).default(65_536), batchBytes: count.max(16 * MIB).default(16 * MIB) })
    .prefault({}),
  /** Agreements of other regions whose terms pay parties of this one are signed without asking an approver. */
  negotiation: z.strictObject({ autoAccept: z.union([z.boolean(), z.stringbool()]).default(false) }).prefault({}),
  limits: z
    .strictObject({
      bodyBytes: count.default(MIB),
      importBytes: count.default(64 * MIB),
      clockSkewMs: count.default(60_000),
    })
    .prefault({}),
  log: z.strictObject({ level: z.enum(["debug", "info", "warn", "error", "silent"]).default("info") }).prefault({}),
});

export type NodeConfig = z.infer<typeof nodeConfigSchema> & {
  /** The node's folder, absolute: certificates, keys, store, content. */
  readonly dir: string;
};

const refuse = refusals({
  CONFIG_INVALID: "invalid-input",
  CONFIG_UNREADABLE: "invalid-input",
  CONFIG_UNSAFE: "invalid-input",
});

type Tree = { [key: string]: unknown };

/**
 * The node's settings: defaults, then the file, then the environment, then flags; the later wins. Unknown keys are
 * refused by name, since a misspelt limit that is silently ignored is no limit.
 */
export function loadConfig(input: {
  readonly dir: string;
  readonly file?: string;
  readonly environment?: { readonly [name: string]: string | undefined };
  readonly flags?: Tree;
}): Result<NodeConfig> {
  const dir = resolve(input.dir);
  const file = input.file === undefined ? join(dir, "heliu.yaml") : absolute(dir, input.file);
  const text = readText(file);
  if (!text.ok) return text;
  const parsed = parseFile(file, text.value);
  if (!parsed.ok) return parsed;
  const merged = merge(merge(parsed.value, fromEnvironment(input.environment ?? {})), input.flags ?? {});
  const config = nodeConfigSchema.safeParse(merged);
  if (!config.success) return invalid(file, config.error);
  return checkExposure(file, { ...config.data, dir });
}

function readText(file: string): Result<string> {
  try {
    return ok(readFileSync(file, "utf8"));
  } catch {
    return refuse(
      "CONFIG_UNREADABLE",
      {
        zh: `读不到配置文件 ${file};请先运行 heliu init --dir <目录>,或用 --dir 指定节点目录。`,
        en: `Cannot read the configuration ${file}; run heliu init --dir <folder> first, or name the node's folder with --dir.`,
      },
      { file },
    );
  }
}

function parseFile(file: string, text: string): Result<Tree> {
  try {
    const tree: unknown = parseYaml(text) ?? {};
    if (isTree(tree)) return ok(tree);
    return refuse("CONFIG_INVALID", {
      zh: `${file} 应是“设置: 值”的 YAML;请对照 README 的设置表改正。`,
      en: `${file} must be YAML of settings and values; compare it with the table of settings in README.`,
    });
  } catch (fault) {
    if (!(fault instanceof YAMLParseError)) throw fault;
    const where = fault.linePos?.[0];
    const place = where === undefined ? file : `${file}:${where.line}:${where.col}`;
    return refuse(
      "CONFIG_INVALID",
      {
        zh: `${place} 不是合法的 YAML(${fault.code});请按该行列改正。`,
        en: `${place} is not valid YAML (${fault.code}); correct it at that line and column.`,
      },
      { place },
    );
  }
}

function invalid(file: string, error: z.ZodError): Failure {
  const texts = error.issues.map(issueText);
  return refuse(
    "CONFIG_INVALID",
    {
      zh: `${file}(或 HELIU_* 变量)的设置不正确:${texts.map(({ zh }) => zh).join(";")};请改正后重试。`,
      en: `Settings of ${file} (or of HELIU_* variables) are not valid: ${texts.map(({ en }) => en).join("; ")}; correct them and try again.`,
    },
    { issues: texts.map(({ en }) => en) },
  );
}

/** The console and API carry sessions and tokens, so they leave the machine only under TLS. */
function checkExposure(file: string, config: NodeConfig): Result<NodeConfig> {
  if (isLoopback(config.http.host) || config.http.tls !== undefined) return ok(config);
  return refuse("CONFIG_UNSAFE", {
    zh: `http.host 为 ${config.http.host},但没有 http.tls:令牌会以明文离开本机。请在 ${file} 配置 http.tls,或改回 127.0.0.1。`,
    en: `http.host is ${config.http.host} without http.tls: tokens would leave this machine in the clear. Set http.tls in ${file}, or go back to 127.0.0.1.`,
  });
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\./.test(host);
}

/** `HELIU_AUDIT_CHECKPOINT_MS` → `audit.checkpointMs`, for every setting the schema knows. */
function fromEnvironment(environment: { readonly [name: string]: string | undefined }): Tree {
  const tree: Tree = {};
  for (const path of settingPaths()) {
    const name = `HELIU_${path.map((part) => part.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase()).join("_")}`;
    const value = environment[name];
    if (value !== undefined) setPath(tree, path, value);
  }
  return tree;
}

const SECTIONS = [
  "region",
  "node",
  "http",
  "rpc",
  "dsp",
  "storage",
  "catalog",
  "audit",
  "federation",
  "transfer",
  "negotiation",
  "limits",
  "log",
] as const;

function settingPaths(): string[][] {
  return SECTIONS.flatMap((section) =>
    Object.keys(shapeOf(section))
      .filter((key) => key !== "tls" && key !== "witnesses")
      .map((key) => [section, key]),
  );
}

function shapeOf(section: (typeof SECTIONS)[number]): object {
  const schema = nodeConfigSchema.shape[section];
  return "shape" in schema ? schema.shape : schema.unwrap().shape;
}

function setPath(tree: Tree, [section = "", key = ""]: readonly string[], value: string): void {
  const branch = (tree[section] ?? {}) as Tree;
  branch[key] = value;
  tree[section] = branch;
}

function merge(base: Tree, over: Tree): Tree {
  const merged: Tree = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const below = merged[key];
    merged[key] = isTree(below) && isTree(value) ? merge(below, value) : value;
  }
  return merged;
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function absolute(dir: string, path: string): string {
  return isAbsolute(path) ? path : join(dir, path);
}
