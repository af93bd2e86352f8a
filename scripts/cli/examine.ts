import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { showCertificates } from "../../certs/operations.ts";
import { loadConfig, type NodeConfig } from "../../node/config.ts";
import type { Text } from "../../node/kernel/text.ts";
import { explainStart } from "../../node/serve.ts";
import { openLevelStore } from "../../node/storage/level.ts";
import { StoreFault } from "../../node/storage/port.ts";
import { callJson, connectionOf } from "./client.ts";
import { language, say } from "./output.ts";

export type Finding = { readonly check: string; readonly ok: boolean; readonly text: string };

const MIN_FREE_BYTES = 1_073_741_824n;

/** `heliu doctor`: one line per check, with the remedy where something is wrong. Works whether or not the node runs. */
export async function examine(dir: string): Promise<readonly Finding[]> {
  const config = loadConfig({ dir, environment: process.env });
  if (!config.ok) return [{ check: say("配置", "settings"), ok: false, text: config.error.text[language()] }];
  const { finding: store, isRunning } = await checkStore(config.value);
  return [
    { check: say("配置", "settings"), ok: true, text: join(dir, "heliu.yaml") },
    checkDisk(dir),
    checkClock(),
    await checkCertificates(dir),
    store,
    ...(await checkPorts(config.value, isRunning)),
    checkTrust(dir),
    ...(isRunning ? await checkPeers(config.value) : []),
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
  return { check, ok: true, text: say(`可用 ${gib} GiB`, `${gib} GiB free`) };
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

type StoreFinding = { readonly finding: Finding; readonly isRunning: boolean };

async function checkStore(config: NodeConfig): Promise<StoreFinding> {
  const check = say("存储", "store");
  const running = await isServing(config);
  if (config.storage.url !== "level:") {
    const text = config.storage.url.replace(/\/\/[^@/]*@/, "//…@");
    return { finding: { check, ok: true, text }, isRunning: running };
  }
  const directory = join(config.dir, "store");
  try {
    const store = await openLevelStore(directory);
    await store.close();
    return { finding: { check, ok: true, text: directory }, isRunning: false };
  } catch (fault) {
    if (fault instanceof StoreFault && fault.code === "STORE_LOCKED") {
      const text = say("使用中(节点正在运行)", "in use (the node is running)");
      return { finding: { check, ok: true, text }, isRunning: true };
    }
    const { text } = explainStart(fault, config);
    return { finding: { check, ok: false, text: text[language()] }, isRunning: false };
  }
}

/** A port in use is as it should be while the node runs, and keeps it from starting otherwise. */
async function checkPorts(config: NodeConfig, isRunning: boolean): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const name of ["http", "rpc", "dsp"] as const) {
    const { host, port } = config[name];
    const free = await isFree(host, port);
    const state = free
      ? isRunning
        ? say("节点在运行,却没有监听;请查看日志", "the node runs but does not listen; look at its log")
        : say("空闲", "free")
      : isRunning
        ? say("节点正在使用", "in use by the node")
        : say(
            `已被其他程序占用;请停掉它,或在 heliu.yaml 的 ${name}.port 换一个端口`,
            `in use by another program; stop it, or choose another ${name}.port in heliu.yaml`,
          );
    findings.push({
      check: `${say("端口", "port")} ${name}`,
      ok: free !== isRunning,
      text: `${host}:${port} ${state}`,
    });
  }
  return findings;
}

const apiOf = ({ http }: NodeConfig): string =>
  `${http.tls === undefined ? "http" : "https"}://${http.host}:${http.port}`;

async function isServing(config: NodeConfig): Promise<boolean> {
  return fetch(`${apiOf(config)}/healthz`, { signal: AbortSignal.timeout(2_000) }).then(
    (response) => response.ok,
    () => false,
  );
}

type SeenPeer = { region: string; name: string; freshness: { state: string; reason: { text: Text } | null } | null };

/** Asked of the running node: whether it is ready, and how each region stands with it. */
async function checkPeers(config: NodeConfig): Promise<Finding[]> {
  const readiness = { check: say("就绪", "ready"), ok: false };
  try {
    const ready = await fetch(`${apiOf(config)}/readyz`, { signal: AbortSignal.timeout(5_000) });
    const { reasons } = (await ready.json()) as { reasons: string[] };
    const answered = { ...readiness, ok: ready.ok, text: ready.ok ? apiOf(config) : reasons.join("; ") };
    const { items } = await callJson<{ items: SeenPeer[] }>(connectionOf({ dir: config.dir }), "/peers");
    return [
      answered,
      ...items.map(({ region, name, freshness }) => ({
        check: `${say("区域", "region")} ${region}`,
        ok: freshness?.state === "live",
        text: `${name} ${freshness?.reason?.text[language()] ?? freshness?.state ?? "—"}`,
      })),
    ];
  } catch (fault) {
    return [{ ...readiness, text: (fault as Error).message }];
  }
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
