import { realpath } from "node:fs/promises";
import { isAbsolute, relative, sep } from "node:path";
import { ok, type Result, refusals } from "../../kernel/exchange-error.ts";

const refuse = refusals({ SOURCE_PATH_RELATIVE: "invalid-input", SOURCE_PATH_GUARDED: "forbidden" });

/**
 * May this file be what an entry is made of? Only by its full path, since the node's own folder of work is nobody's to know;
 * and never the node's keys, certificates, tokens or store: bound as raw content they would leave under an agreement.
 */
export async function checkPlace(path: string, guarded: readonly string[]): Promise<Result<true>> {
  if (!isAbsolute(path)) {
    return refuse(
      "SOURCE_PATH_RELATIVE",
      {
        zh: `数据源路径 ${path} 不是绝对路径;请写出节点所在机器上的完整路径。`,
        en: `The source path ${path} is relative; write the whole path on the node's machine.`,
      },
      { path },
    );
  }
  const [real, ...closed] = await Promise.all([path, ...guarded].map(resolved));
  if (!closed.some((folder) => isWithin(real ?? path, folder))) return ok(true);
  return refuse(
    "SOURCE_PATH_GUARDED",
    {
      zh: `${path} 属于节点自己的密钥、证书或存储,不能作为数据源;请把数据文件放在别处。`,
      en: `${path} is part of the node's own keys, certificates or store and cannot be a source; keep data files elsewhere.`,
    },
    { path },
  );
}

/** Behind every symbolic link; a file that is not there yet is judged by its name, and found missing later. */
const resolved = (path: string): Promise<string> => realpath(path).catch(() => path);

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}
