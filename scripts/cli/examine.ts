import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { showCertificates } from "../../certs/operations.ts";
import { loadConfig, type NodeConfig } from "../../node/config.ts";
import { openLevelStore } from "../../node/storage/level.ts";
import { StoreFault } from "../../node/storage/port.ts";
import { language, say } from "./output.ts";

export type Finding = { readonly check: string; readonly ok: boolean; readonly text: string };

const MIN_FREE_BYTES = 1_073_741_824n;

/** `heliu doctor`: one line per check, with the remedy where something is wrong. Works whether or not the node runs. */
export async function examine(dir: string): Promise<readonly Finding[]> {
  const config = loadConfig({ dir, environment: process.env });
  if (!config.ok) return [{ check: say("配置", "settings"), ok: false, text: config.error.text[language()] }];
  return [
    { check: say("配置", "settings"), ok: true, text: join(dir, "heliu.yaml") },
    checkDisk(dir),
    checkClock(),
    await checkCertificates(dir),
    await checkStore(config.value),
    ...(await checkPorts(config.value)),
    checkTrust(dir),
  ];
}

function checkDisk(dir: string): Finding {
  const check = say("磁盘", "disk");
  try {
    accessSync(dir, constants.W_OK);
  } catch {
    return {
      check,
      ok: false,
      text: say(`不能写入 ${dir};请检查权限`, `${dir} cannot be written; check its permissions`),
    };
  }
  const { bavail, bsize } = statfsSync(dir, { bigint: true });
  const free = bavail * bsize;
  const gib = (Number(free) / 2 ** 30).toFixed(1);
  if (free < MIN_FREE_BYTES)
    return { check, ok: false, text: say(`只剩 ${gib} GiB;请腾出空间`, `only ${gib} GiB left; free some space`) };
  return { check, ok: true, text: `${gib} GiB` };
}

/** Against the running node's peers the clock is compared at each connection; here only what can be seen alone. */
function checkClock(): Finding {
  const check = say("时钟", "clock");
  const now = new Date();
  const plausible = now.getUTCFullYear() >= 2025;
  return {
    check,
    ok: plausible,
    text: plausible
      ? now.toISOString()
      : say("时钟明显不对;请启用网络校时", "The clock is plainly wrong; turn on time synchronisation"),
  };
}

async function checkCertificates(dir: string): Promise<Finding> {
  const check = say("证书", "certificates");
  const found = await showCertificates(dir, Date.now());
  if (!found.ok) return { check, ok: false, text: found.error.text[language()] };
  const { leaf } = found.value;
  if (leaf.expired)
    return {
      check,
      ok: false,
      text: say(
        `节点证书已于 ${leaf.notAfter} 过期;请运行 heliu certs renew`,
        `The leaf expired at ${leaf.notAfter}; run heliu certs renew`,
      ),
    };
  return { check, ok: true, text: `${leaf.spiffeId} ≤ ${leaf.notAfter}` };
}

async function checkStore(config: NodeConfig): Promise<Finding> {
  const check = say("存储", "store");
  if (config.storage.url !== "level:")
    return { check, ok: true, text: config.storage.url.replace(/\/\/[^@/]*@/, "//…@") };
  try {
    const store = await openLevelStore(join(config.dir, "store"));
    await store.close();
    return { check, ok: true, text: join(config.dir, "store") };
  } catch (fault) {
    if (fault instanceof StoreFault && fault.code === "STORE_LOCKED")
      return { check, ok: true, text: say("使用中(节点正在运行)", "in use (the node is running)") };
    return { check, ok: false, text: (fault as Error).message };
  }
}

async function checkPorts(config: NodeConfig): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const name of ["http", "rpc", "dsp"] as const) {
    const { host, port } = config[name];
    const free = await isFree(host, port);
    findings.push({
      check: `${say("端口", "port")} ${name}`,
      ok: true,
      text: `${host}:${port} ${free ? say("空闲", "free") : say("已占用(节点正在运行则正常)", "in use (fine if the node is running)")}`,
    });
  }
  return findings;
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

function checkTrust(dir: string): Finding {
  const laid = existsSync(join(dir, "trust", "first.json"));
  const text = laid
    ? say("首份列表已放置", "a first list is in place")
    : say("尚未放置首份列表:heliu trust install", "no first list yet: heliu trust install");
  return { check: say("信任列表", "trust list"), ok: laid, text };
}
