import { generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { parse as parseYaml, stringify } from "yaml";
import { z } from "zod";
import { parseVkey, witnessNoteSigner } from "../../node/audit/note.ts";
import { signerFromPem } from "../../node/kernel/ed25519.ts";
import { ok, type Result, refusals } from "../../node/kernel/exchange-error.ts";
import { issueText } from "../../node/kernel/issue-text.ts";

const refuse = refusals({
  WITNESS_EXISTS: "conflict",
  WITNESS_CONFIG: "invalid-input",
});

const FILE = "witness.yaml";
const KEY = "witness.pem";
const NAME = /^[^\s+]+$/;

const configSchema = z.strictObject({
  /** Name of the witness's key, by custom a host and path without scheme. */
  name: z.string().regex(NAME),
  http: z.strictObject({ host: z.string().default("127.0.0.1"), port: z.coerce.number().int().min(0).max(65_535) }),
  /** vkeys of the logs it watches; nothing else is cosigned. */
  logs: z.array(z.string()).min(1),
});

export type WitnessFolder = z.infer<typeof configSchema> & {
  readonly dir: string;
  readonly signer: ReturnType<typeof witnessNoteSigner>;
};

/** A witness of its own: key and settings in a folder that holds nothing of any region. */
export async function initialiseWitness(
  dir: string,
  config: z.input<typeof configSchema>,
): Promise<Result<WitnessFolder>> {
  const checked = checkConfig(join(dir, FILE), config);
  if (!checked.ok) return checked;
  if (existsSync(join(dir, FILE)) || existsSync(join(dir, KEY))) {
    return refuse("WITNESS_EXISTS", {
      zh: `${dir} 里已有见证方;换密钥等于换一个见证方,请另选目录。`,
      en: `${dir} holds a witness already; another key is another witness, so choose another folder.`,
    });
  }
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync("ed25519");
  await write(join(dir, KEY), privateKey.export({ type: "pkcs8", format: "pem" }) as string);
  await write(join(dir, FILE), stringify(checked.value));
  return openWitnessFolder(dir);
}

export async function openWitnessFolder(dir: string): Promise<Result<WitnessFolder>> {
  let text: string;
  let pem: string;
  try {
    text = readFileSync(join(dir, FILE), "utf8");
    pem = readFileSync(join(dir, KEY), "utf8");
  } catch (fault) {
    return refuse("WITNESS_CONFIG", {
      zh: `读不到 ${(fault as NodeJS.ErrnoException).path};请先运行 heliu witness init --dir <目录>。`,
      en: `Cannot read ${(fault as NodeJS.ErrnoException).path}; run heliu witness init --dir <folder> first.`,
    });
  }
  const config = checkConfig(join(dir, FILE), parseYaml(text));
  if (!config.ok) return config;
  return ok({ ...config.value, dir, signer: witnessNoteSigner(config.value.name, signerFromPem(pem)) });
}

function checkConfig(file: string, given: unknown): Result<z.infer<typeof configSchema>> {
  const config = configSchema.safeParse(given);
  const faults = config.success
    ? config.data.logs.filter((vkey) => !parseVkey(vkey).ok).map((vkey) => ({ zh: `vkey ${vkey}`, en: `vkey ${vkey}` }))
    : config.error.issues.map(issueText);
  if (config.success && faults.length === 0) return ok(config.data);
  return refuse("WITNESS_CONFIG", {
    zh: `${file} 不正确:${faults.map(({ zh }) => zh).join(";")};日志的 vkey 见信任列表各地区的 logKey,请改正。`,
    en: `${file} is not valid: ${faults.map(({ en }) => en).join("; ")}; vkeys of logs are the regions' logKey in the trust list. Correct it.`,
  });
}

async function write(path: string, text: string): Promise<void> {
  const handle = await open(path, "wx", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await chmod(path, 0o600);
}
