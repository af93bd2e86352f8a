import { readFileSync } from "node:fs";
import { type SignedTrustList, signedTrustListSchema } from "../../node/identity/model.ts";
import { CliFault } from "./client.ts";

export const readTextFile = (file: string): string => bytesOf(file).toString("utf8");

export function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    throw new CliFault(
      "CLI_FILE",
      { zh: `读不到文件 ${file};请检查路径和权限。`, en: `Cannot read ${file}; check its path and permissions.` },
      { exitCode: 2 },
    );
  }
}

export function readJsonFile<T>(file: string): T {
  try {
    return JSON.parse(readTextFile(file)) as T;
  } catch (fault) {
    if (fault instanceof CliFault) throw fault;
    throw new CliFault(
      "CLI_FILE",
      { zh: `${file} 不是 JSON;请检查文件内容。`, en: `${file} is not JSON; check what it holds.` },
      { more: String(fault), exitCode: 2 },
    );
  }
}

export function trustListIn(file: string): SignedTrustList {
  const parsed = signedTrustListSchema.safeParse(readJsonFile(file));
  if (parsed.success) return parsed.data;
  throw new CliFault(
    "CLI_FILE",
    {
      zh: `${file} 不是已签名的信任列表;请给出 heliu trust 导出的文件。`,
      en: `${file} is no signed trust list; give the file that heliu trust exports.`,
    },
    { exitCode: 2 },
  );
}
